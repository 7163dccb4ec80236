using static TorchSharp.torch;

namespace Herd.Engine.Adapters;

/// <summary>Keys and values of one layer's prompts, and the factor of their attention.</summary>
/// <param name="Keys">[1, kvHeads, A, headWidth], model's type, not rotated.</param>
/// <param name="Values">Likewise.</param>
/// <param name="Gate">[heads, 1], Float32.</param>
internal sealed record LayerKeyValues(Tensor Keys, Tensor Values, Tensor Gate);

/// <summary>Keys and values of an adapter's prompts under one picture: they depend on neither text nor step, so they are computed once.</summary>
/// <remarks>
/// <c>E = prompts + visual query</c>, <c>Ka = E Wk^T</c>, <c>Va = E Wv^T</c>, without rotation. Source: the official multimodal model (docs/engine.md,
/// "Attention with the adapter"). Owner: <see cref="PromptCache"/>.
/// </remarks>
/// <param name="layers">By layer; those without prompts are absent.</param>
internal sealed class PromptKeyValues(IReadOnlyDictionary<int, LayerKeyValues> layers) : IDisposable
{
    /// <summary>Bytes of all tensors.</summary>
    public long Bytes { get; } = Tensors(layers).Sum(tensor => tensor.NumberOfElements * tensor.ElementSize);

    /// <summary>The prompts of a layer, if it has any.</summary>
    /// <param name="layer">The layer.</param>
    /// <returns>Keys, values and gate, borrowed; null for a layer without prompts.</returns>
    public LayerKeyValues? At(int layer) => layers.GetValueOrDefault(layer);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in Tensors(layers))
        {
            tensor.Dispose();
        }
    }

    private static IEnumerable<Tensor> Tensors(IReadOnlyDictionary<int, LayerKeyValues> layers) =>
        layers.Values.SelectMany(layer => new[] { layer.Keys, layer.Values, layer.Gate });
}
