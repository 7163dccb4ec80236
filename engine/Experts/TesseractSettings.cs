namespace Herd.Engine.Experts;

/// <summary>How Tesseract is run.</summary>
public sealed record TesseractSettings
{
    /// <summary>The program: a path, or a name that is looked for on the search path.</summary>
    /// <value>Default <c>tesseract</c>.</value>
    public string Program { get; init; } = "tesseract";

    /// <summary>Languages, joined by plus signs.</summary>
    /// <value>Default <c>eng</c>.</value>
    public string Languages { get; init; } = "eng";

    /// <summary>Tesseract's page segmentation mode.</summary>
    /// <value>Default 11: text anywhere, as on signs.</value>
    public int PageMode { get; init; } = 11;

    /// <summary>Words of which it is less sure are no words, from 0 to 1.</summary>
    /// <value>Default 0.3.</value>
    public float MinWordConfidence { get; init; } = 0.3f;

    /// <summary>How long it may take.</summary>
    /// <value>Default 5 s.</value>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Address space of the process, in bytes.</summary>
    /// <value>Default 1 GiB.</value>
    public long MemoryBytes { get; init; } = 1L << 30;
}
