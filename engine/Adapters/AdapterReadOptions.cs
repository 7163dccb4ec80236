using Herd.Engine.Bases;
using Herd.Engine.Prompts;
using Herd.Engine.Vision;

namespace Herd.Engine.Adapters;

/// <summary>What an adapter's file is read against, and what official files leave out.</summary>
/// <remarks>
/// A file in Herd's own form knows all but the base itself; naming another value than it has is refused. So is a value that a file of its kind cannot have, but
/// what concerns pictures where it takes none.
/// </remarks>
public sealed record AdapterReadOptions
{
    /// <summary>Sizes of the base.</summary>
    public required LlamaConfig BaseConfig { get; init; }

    /// <summary>Digest of the base, lower-case hexadecimal SHA-256.</summary>
    public required string BaseDigest { get; init; }

    /// <summary>Attention heads of the visual blocks; ignored where it takes no pictures.</summary>
    /// <value>Default null: what the file says, else 16, as in the released models.</value>
    public int? VisualHeads { get; init; }

    /// <summary>Prompt template, one of <see cref="PromptTemplate.All"/>.</summary>
    /// <value>Default null: what the file says, else <c>alpaca</c>.</value>
    public string? Template { get; init; }

    /// <summary>Colour order of the pictures it was trained with, <c>rgb</c> or <c>bgr</c>; ignored where it takes none.</summary>
    /// <value>Default null: what the file says, else <c>rgb</c>.</value>
    public string? ChannelOrder { get; init; }

    /// <summary>Prompts of a layer, where neither a visual front end nor gates tell them.</summary>
    /// <value>Default null: 10, as in the released V1 models.</value>
    public int? PromptLength { get; init; }

    /// <summary>What turns a stored gate into a factor.</summary>
    /// <value>Default null: what the file says, else the hyperbolic tangent, for V1 the gate itself.</value>
    public GateForm? Gate { get; init; }

    /// <summary>What projects prompts to keys and values.</summary>
    /// <value>Default null: what the file says, else the base's plain matrices, for a chat model with prompts its tuned ones.</value>
    public PromptProjection? PromptKeyValues { get; init; }

    /// <summary>Where scales stand.</summary>
    /// <value>Default null: what the file says, else in front of the matrix, as in the released code.</value>
    public ScaleOrder? ScaleOrder { get; init; }

    internal ChannelOrder? ParsedChannelOrder => ChannelOrder switch
    {
        null => null,
        "rgb" => Vision.ChannelOrder.Rgb,
        "bgr" => Vision.ChannelOrder.Bgr,
        var other => throw new EngineException(EngineErrorCode.InvalidRequest, $"Channel order: expected 'rgb' or 'bgr', found '{other}'."),
    };

    /// <summary>Throws where a value is none that an adapter can have.</summary>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>, naming the option, its value and what it may be.</exception>
    public void Validate()
    {
        _ = ParsedChannelOrder;
        _ = Template is null ? null : PromptTemplate.Get(Template);
        if (VisualHeads is < 1)
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, $"Visual heads: expected at least 1, found {VisualHeads}.");
        }

        if (PromptLength is < 1)
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, $"Prompt length: expected at least 1, found {PromptLength}.");
        }

        if (!Sha256Hex.IsOne(BaseDigest))
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, "Base digest: expected 64 lower-case hexadecimal digits, found another text.");
        }
    }
}
