using System.ComponentModel.DataAnnotations;

namespace Herd.Silo.Experts;

/// <summary>How a tenant's other adapter describes a picture: the experts <c>caption:ADAPTER</c>. Configuration section <c>Experts:Caption</c>.</summary>
public sealed class CaptionOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Experts:Caption";

    /// <summary>What the adapter is told.</summary>
    /// <value>Default <c>Generate caption of this image</c>, as the official models were trained.</value>
    [Required]
    public string Instruction { get; set; } = "Generate caption of this image";

    /// <summary>Most tokens of a caption.</summary>
    /// <value>Default 48.</value>
    [Range(1, 1024)]
    public int MaxTokens { get; set; } = 48;

    /// <summary>How long it may take.</summary>
    /// <value>Default 10 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromSeconds(10);
}
