namespace Herd.Engine.Adapters;

/// <summary>What projects prompts to keys and values.</summary>
public enum PromptProjection
{
    /// <summary>The base's plain matrices.</summary>
    Base,

    /// <summary>The matrices with the adapter's own scale and bias.</summary>
    Tuned,
}
