namespace Herd.Engine.Experts;

/// <summary>Reads the words in pictures with Tesseract, each picture in a process of its own.</summary>
/// <param name="settings">How it is run.</param>
public sealed class TesseractExpert(TesseractSettings settings) : IExpert
{
    // Tesseract wants letters of twenty to forty pixels; pictures for the image encoder are often smaller.
    private const int LeastSide = 400;

    /// <inheritdoc/>
    public string Name => "ocr";

    /// <inheritdoc/>
    public string Label => "OCR";

    /// <inheritdoc/>
    public string Settings => $"{settings.Languages}/{settings.PageMode}/{settings.MinWordConfidence}";

    /// <inheritdoc/>
    public bool NeedsPicture => true;

    /// <inheritdoc/>
    public bool NeedsText => false;

    /// <inheritdoc/>
    public TimeSpan TimeLimit => settings.TimeLimit;

    /// <inheritdoc/>
    public async Task<ExpertFinding> AskAsync(ExpertQuestion question, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(question);
        var program = ChildProgram.Find(settings.Program)
            ?? throw new ExpertException("Tesseract is not installed where the replica runs.", isMissing: true, $"There is no '{settings.Program}'. Debian's package is 'tesseract-ocr'.");
        var png = await question.Picture!.ToPngAsync(LeastSide, cancellationToken).ConfigureAwait(false);
        var child = new ChildProgram(program, ["stdin", "stdout", "-l", settings.Languages, "--psm", $"{settings.PageMode}", "tsv"])
        {
            MemoryBytes = settings.MemoryBytes,
            TimeLimit = settings.TimeLimit,
            Environment = { ["OMP_THREAD_LIMIT"] = "1" },
        };
        return TesseractOutput.Read(await child.RunAsync(png, cancellationToken).ConfigureAwait(false), settings.MinWordConfidence);
    }
}
