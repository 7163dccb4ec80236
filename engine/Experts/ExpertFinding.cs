namespace Herd.Engine.Experts;

/// <summary>What an expert found.</summary>
/// <param name="Text">Its words as they came, of any length and with any characters; empty where it found nothing.</param>
/// <param name="Confidence">How sure it is, from 0 to 1.</param>
public sealed record ExpertFinding(string Text, float Confidence)
{
    /// <summary>Nothing was found.</summary>
    public static ExpertFinding Nothing { get; } = new("", 0);
}
