namespace Herd.Engine.Experts;

/// <summary>An expert that cannot speak.</summary>
public sealed class ExpertException : Exception
{
    /// <summary>Makes a failure.</summary>
    /// <param name="message">Why, safe to be read by whoever asked.</param>
    /// <param name="isMissing">Whether it is not there at all; otherwise it is there and failed.</param>
    /// <param name="detail">What only the operator is to read.</param>
    /// <param name="inner">The cause, where there is one.</param>
    public ExpertException(string message, bool isMissing = false, string? detail = null, Exception? inner = null)
        : base(message, inner)
    {
        (IsMissing, Detail) = (isMissing, detail);
    }

    /// <summary>Whether it is not there at all.</summary>
    public bool IsMissing { get; }

    /// <summary>What only the operator is to read.</summary>
    public string? Detail { get; }
}
