using static TorchSharp.torch;

namespace Herd.Engine.Adapters;

/// <summary>An adapter's prompts and the factors of their attention, which is added to the text's times the factor, head by head.</summary>
/// <remarks>Float32, CPU. Owned by its <see cref="AdapterWeights"/>. Source: LLaMA-Adapter, arXiv:2303.16199, section 3.2.</remarks>
public sealed class PromptWeights : IDisposable
{
    private readonly Tensor[] _gates;

    /// <summary>Takes tensors over.</summary>
    /// <param name="firstLayer">The first layer that has prompts.</param>
    /// <param name="query">[layers, length, width].</param>
    /// <param name="gates">The factors, [heads] each, of the layers from <paramref name="firstLayer"/> on.</param>
    internal PromptWeights(int firstLayer, Tensor query, Tensor[] gates)
    {
        FirstLayer = firstLayer;
        Query = query;
        _gates = gates;
    }

    /// <summary>The prompts, [layers, length, width]; to each the picture's visual query, [length, width], is added. Borrowed.</summary>
    public Tensor Query { get; }

    /// <summary>The layer of the base that the first of the prompts belongs to; they go on to its last layer.</summary>
    public int FirstLayer { get; }

    /// <summary>Number of layers that have prompts.</summary>
    public int Layers => _gates.Length;

    /// <summary>Bytes the tensors take.</summary>
    public long Bytes => _gates.Append(Query).Sum(tensor => tensor.numel() * tensor.ElementSize);

    /// <summary>The factor of a layer's prompts, the gate's hyperbolic tangent.</summary>
    /// <param name="layer">A layer of the base, from <see cref="FirstLayer"/> on.</param>
    /// <returns>[heads], borrowed.</returns>
    public Tensor Gate(int layer)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(layer, FirstLayer);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(layer, FirstLayer + _gates.Length);
        return _gates[layer - FirstLayer];
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Query.Dispose();
        foreach (var gate in _gates)
        {
            gate.Dispose();
        }
    }
}
