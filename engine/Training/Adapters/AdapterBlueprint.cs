using System.Collections.Immutable;
using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Prompts;
using Herd.Engine.Vision;

namespace Herd.Engine.Training.Adapters;

/// <summary>What a new adapter is made of, before it has values.</summary>
public sealed record AdapterBlueprint
{
    /// <summary>Prompt template it is trained with, one of <see cref="PromptTemplate.All"/>.</summary>
    /// <value>Default <c>alpaca</c>.</value>
    public string Template { get; init; } = "alpaca";

    /// <summary>The visual front end; null for an adapter that takes no pictures.</summary>
    public VisualBlueprint? Visual { get; init; }

    /// <summary>Layers with static prompts, counted from the last one; 0 for none.</summary>
    public int PromptLayers { get; init; }

    /// <summary>Slots that a layer's prompts, or the picture in early fusion, take.</summary>
    /// <value>Default 10, as in the released models.</value>
    public int PromptLength { get; init; } = 10;

    /// <summary>Layers, counted from the first one, in which the picture stands alone: early fusion. 0 adds it to the static prompts, as the released models do.</summary>
    public int EarlyLayers { get; init; }

    /// <summary>Matrices that get a bias.</summary>
    public ImmutableArray<TunedLinear> Biases { get; init; } = [];

    /// <summary>Matrices that get a scale.</summary>
    public ImmutableArray<TunedLinear> Scales { get; init; } = [];

    /// <summary>Where scales stand.</summary>
    public ScaleOrder ScaleOrder { get; init; }

    /// <summary>Whether norms get weights of their own.</summary>
    public bool Norms { get; init; }

    /// <summary>Rank of low-rank pairs on all seven matrices; 0 for none.</summary>
    public int LoraRank { get; init; }

    /// <summary>What gates start with, before the hyperbolic tangent.</summary>
    /// <value>Default 0: the adapter begins as the base, exactly.</value>
    public double GateStart { get; init; }

    /// <summary>Standard deviation of the static prompts' first values.</summary>
    /// <value>Default 1, as in the released code.</value>
    public double PromptDeviation { get; init; } = 1;

    /// <summary>Throws where it fits no base of these sizes; all faults together.</summary>
    /// <param name="config">The base's sizes.</param>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>, naming each value and its range.</exception>
    public void Validate(LlamaConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        _ = PromptTemplate.Get(Template);
        var faults = new List<string>();
        void Require(bool holds, string fault)
        {
            if (!holds)
            {
                faults.Add(fault);
            }
        }

        Require(PromptLayers >= 0 && EarlyLayers >= 0 && PromptLayers + EarlyLayers <= config.Layers, $"PromptLayers {PromptLayers} and EarlyLayers {EarlyLayers}: expected at most the base's {config.Layers} layers together.");
        Require(PromptLength is >= 1 and <= 4096, $"PromptLength is {PromptLength}, expected 1 to 4096.");
        Require(EarlyLayers == 0 || Visual is not null, "EarlyLayers: expected a visual front end beside them, found none.");
        Require(Visual is null || PromptLayers + EarlyLayers > 0, "Visual: expected layers whose prompts take the picture, found none.");
        Require(Visual is null or { Width: >= 1, Depth: >= 0, Heads: >= 1, MlpWidth: >= 1 } && (Visual is null || Visual.Width % Visual.Heads == 0), $"{Visual}: expected a width that the heads divide.");
        Require(LoraRank is >= 0 and <= 1024, $"LoraRank is {LoraRank}, expected 0 to 1024.");
        Require(PromptLayers + EarlyLayers + LoraRank + Biases.Length + Scales.Length > 0 || Norms, "Expected an adapter that tunes something, found one that has no part.");
        if (faults.Count > 0)
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, "A new adapter: " + string.Join(' ', faults));
        }
    }
}

/// <summary>The visual front end of a new adapter.</summary>
/// <param name="Width">Width of its blocks; 768 in the released models.</param>
/// <param name="Depth">Number of its blocks; 8 there.</param>
/// <param name="Heads">Heads of a block; 16 there.</param>
/// <param name="MlpWidth">Width between the two maps of a block; 3,072 there.</param>
/// <param name="ChannelOrder">Colour order of the pictures it is trained with.</param>
public sealed record VisualBlueprint(int Width = 768, int Depth = 8, int Heads = 16, int MlpWidth = 3072, ChannelOrder ChannelOrder = ChannelOrder.Rgb);
