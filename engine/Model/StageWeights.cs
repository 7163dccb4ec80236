using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>The frozen tensors of some neighbouring layers, all on one device; the first stage has the embedding too, the last one norm and output matrix.</summary>
/// <param name="Plan">Which layers, and where.</param>
/// <param name="Layers">The blocks in order, as many as <see cref="StagePlan.Count"/>.</param>
internal sealed record StageWeights(StagePlan Plan, IReadOnlyList<LayerWeights> Layers)
{
    /// <summary>Token embedding, [vocabulary, width], model's type; null but in the first stage.</summary>
    public Tensor? Embedding { get; init; }

    /// <summary>Norm in front of the output, [width], Float32; null but in the last stage.</summary>
    public Tensor? FinalNorm { get; init; }

    /// <summary>Output matrix, [vocabulary, width]; null but in the last stage. The embedding itself where they are tied and on one device.</summary>
    public LinearWeight? Output { get; init; }

    /// <summary>Its tensors; one may stand twice where output and embedding are tied.</summary>
    public IEnumerable<Tensor> Tensors =>
    [
        .. Linears.SelectMany(linear => linear.Tensors),
        .. Layers.SelectMany(layer => new[] { layer.AttentionNorm, layer.FeedForwardNorm }),
        .. new[] { Embedding, FinalNorm }.OfType<Tensor>(),
    ];

    /// <summary>Its matrices for products.</summary>
    public IEnumerable<LinearWeight> Linears => [.. Layers.SelectMany(layer => layer.Linears), .. new[] { Output }.OfType<LinearWeight>()];

    /// <summary>One of its blocks.</summary>
    /// <param name="layer">Its number in the base.</param>
    /// <returns>The block.</returns>
    public LayerWeights this[int layer] => Layers[layer - Plan.First];
}
