namespace Herd.Demo.Evaluation;

/// <summary>What an expert said of a picture, whether it was sure enough to be believed or not.</summary>
/// <param name="Text">Its words; empty for none.</param>
/// <param name="Confidence">How sure it is, 0 to 1.</param>
public sealed record Heard(string Text, double Confidence)
{
    /// <summary>Nothing.</summary>
    public static Heard Nothing { get; } = new("", 0);
}
