using System.ComponentModel.DataAnnotations;
using Herd.Engine.Experts;

namespace Herd.Silo.Experts;

/// <summary>How the words in pictures are read: the expert <c>ocr</c>. Configuration section <c>Experts:Ocr</c>.</summary>
public sealed class OcrOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Experts:Ocr";

    /// <summary>Tesseract's program: a path, or a name on the search path. Where it is not installed the expert is missing.</summary>
    /// <value>Default <c>tesseract</c>.</value>
    [Required]
    public string Program { get; set; } = "tesseract";

    /// <summary>Languages, joined by plus signs; their data must be installed.</summary>
    /// <value>Default <c>eng</c>.</value>
    [RegularExpression("^[A-Za-z_]{2,32}(\\+[A-Za-z_]{2,32}){0,7}$", ErrorMessage = "Experts:Ocr:Languages must be Tesseract's names of languages, joined by plus signs.")]
    public string Languages { get; set; } = "eng";

    /// <summary>Tesseract's page segmentation mode: 11 finds text anywhere, 6 takes the picture for one block of text, 7 for one line.</summary>
    /// <value>Default 11.</value>
    [Range(3, 13)]
    public int PageMode { get; set; } = 11;

    /// <summary>Words of which Tesseract is less sure are left out, from 0 to 1.</summary>
    /// <value>Default 0.3.</value>
    [Range(0f, 1f)]
    public float MinWordConfidence { get; set; } = 0.3f;

    /// <summary>How long it may take.</summary>
    /// <value>Default 5 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Address space of its process.</summary>
    /// <value>Default 1 GiB, in bytes.</value>
    [Range(1L << 26, 1L << 40)]
    public long MemoryBytes { get; set; } = 1L << 30;

    internal TesseractSettings ToSettings() => new()
    {
        Program = Program,
        Languages = Languages,
        PageMode = PageMode,
        MinWordConfidence = MinWordConfidence,
        TimeLimit = TimeLimit,
        MemoryBytes = MemoryBytes,
    };
}
