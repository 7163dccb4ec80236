namespace Herd.Testing.Experts;

/// <summary>Whether this machine has Tesseract.</summary>
public static class TesseractProgram
{
    private const string Name = "tesseract";

    /// <summary>Why pictures cannot be read here; null where they can.</summary>
    public static string? Missing { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, Name)))
        ? null
        : $"Tesseract is not installed: there is no '{Name}' on the search path. Debian's packages are 'tesseract-ocr' and 'tesseract-ocr-eng'.";
}
