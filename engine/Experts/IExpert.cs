namespace Herd.Engine.Experts;

/// <summary>Something else that looks at a picture, or reads a text, and says what it found; the words join the model's prompt. May be asked from any thread.</summary>
public interface IExpert
{
    /// <summary>What it is asked for by, such as <c>ocr</c>.</summary>
    string Name { get; }

    /// <summary>What the prompt calls it, such as <c>OCR</c>: letters, digits, spaces and hyphens.</summary>
    string Label { get; }

    /// <summary>All that changes what it says of the same picture and text; findings under other settings are not its own.</summary>
    string Settings { get; }

    /// <summary>Whether it looks at the picture.</summary>
    bool NeedsPicture { get; }

    /// <summary>Whether it reads the text.</summary>
    bool NeedsText { get; }

    /// <summary>How long it may take.</summary>
    TimeSpan TimeLimit { get; }

    /// <summary>Asks it. What it needs is there.</summary>
    /// <param name="question">What it is asked about.</param>
    /// <param name="cancellationToken">Stops it, and whatever it started.</param>
    /// <returns>What it found; an empty text for nothing.</returns>
    /// <exception cref="ExpertException">It is not there, or failed.</exception>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidPicture"/>: the picture cannot be read.</exception>
    Task<ExpertFinding> AskAsync(ExpertQuestion question, CancellationToken cancellationToken);
}
