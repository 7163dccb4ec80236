namespace Herd.Engine.Sampling;

/// <summary>How a sequence's tokens are chosen.</summary>
public sealed record SamplingOptions
{
    /// <summary>The likeliest token every time.</summary>
    public static SamplingOptions Greedy { get; } = new();

    /// <summary>Divides the logits before the softmax.</summary>
    /// <value>Default 0, which takes the likeliest token (the lowest id on ties); otherwise 0.01 to 10.</value>
    public float Temperature { get; init; }

    /// <summary>Keeps a token while the likelier ones sum to at most this; the likeliest is always kept.</summary>
    /// <value>Default 1, which keeps all; above 0.</value>
    public float TopP { get; init; } = 1;

    /// <summary>Decides all choices together with position and token id: the same seed gives the same text.</summary>
    /// <value>Default 0.</value>
    public long Seed { get; init; }

    /// <summary>Throws where a value is out of range.</summary>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>, naming value and range.</exception>
    public void Validate()
    {
        if (!(Temperature is 0 or (>= 0.01f and <= 10)))
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, $"temperature must be 0 or from 0.01 to 10; it is {Temperature}.");
        }

        if (!(TopP is > 0 and <= 1))
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, $"top_p must be above 0 and at most 1; it is {TopP}.");
        }
    }
}
