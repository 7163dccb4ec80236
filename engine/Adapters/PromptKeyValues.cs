using static TorchSharp.torch;

namespace Herd.Engine.Adapters;

/// <summary>Keys and values of an adapter's prompts under one picture: they depend on neither text nor step, so they are computed once.</summary>
/// <remarks>
/// <c>E = prompts + visual query</c>, <c>Ka = E Wk^T</c>, <c>Va = E Wv^T</c>, by the base's plain matrices and without rotation. Source: the official multimodal
/// model (docs/engine.md, "Attention with the adapter"). Owner: <see cref="PromptCache"/>.
/// </remarks>
/// <param name="firstLayer">The first layer that has prompts; all later ones have them too.</param>
/// <param name="keys">Per layer from <paramref name="firstLayer"/> on, [1, kvHeads, A, headWidth], model's type.</param>
/// <param name="values">Likewise.</param>
/// <param name="gates">Per layer, what the prompts' attention is multiplied by: [heads, 1], Float32.</param>
internal sealed class PromptKeyValues(int firstLayer, IReadOnlyList<Tensor> keys, IReadOnlyList<Tensor> values, IReadOnlyList<Tensor> gates) : IDisposable
{
    /// <summary>Bytes of all tensors.</summary>
    public long Bytes { get; } = keys.Concat(values).Concat(gates).Sum(tensor => tensor.NumberOfElements * tensor.ElementSize);

    /// <summary>The prompts of a layer, if it has any.</summary>
    /// <param name="layer">The layer.</param>
    /// <returns>Keys, values and gate, borrowed; null for a layer without prompts.</returns>
    public (Tensor Keys, Tensor Values, Tensor Gate)? At(int layer)
    {
        var index = layer - firstLayer;
        return index >= 0 && index < keys.Count ? (keys[index], values[index], gates[index]) : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in keys.Concat(values).Concat(gates))
        {
            tensor.Dispose();
        }
    }
}
