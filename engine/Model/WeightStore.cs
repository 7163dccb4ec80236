using Herd.Engine.Checkpoints;
using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>The one owner of a base's tensors on a device. Nothing writes to them.</summary>
/// <param name="embedding">Token embedding, [vocabulary, width], model's type.</param>
/// <param name="layers">The blocks.</param>
/// <param name="finalNorm">Norm in front of the output, [width], Float32.</param>
/// <param name="output">Output matrix, [vocabulary, width]; the embedding itself where they are tied.</param>
/// <param name="mapped">The files of which some of the tensors are views; taken over.</param>
internal sealed class WeightStore(Tensor embedding, IReadOnlyList<LayerWeights> layers, Tensor finalNorm, LinearWeight output, MappedFiles mapped) : IDisposable
{
    /// <summary>Token embedding, [vocabulary, width].</summary>
    public Tensor Embedding => embedding;

    /// <summary>The blocks.</summary>
    public IReadOnlyList<LayerWeights> Layers => layers;

    /// <summary>Norm in front of the output, [width], Float32.</summary>
    public Tensor FinalNorm => finalNorm;

    /// <summary>Output matrix, [vocabulary, width].</summary>
    public LinearWeight Output => output;

    /// <summary>All tensors, each once.</summary>
    public IEnumerable<Tensor> Tensors =>
        Linears.SelectMany(linear => linear.Tensors)
            .Concat(layers.SelectMany(layer => new[] { layer.AttentionNorm, layer.FeedForwardNorm }))
            .Append(embedding)
            .Append(finalNorm)
            .Distinct();

    /// <summary>The model's type.</summary>
    public ScalarType Dtype => embedding.dtype;

    /// <summary>The device.</summary>
    public Device Device => embedding.device;

    /// <summary>Number of the base's values, however they are kept.</summary>
    public long Parameters =>
        Linears.Sum(linear => linear.Parameters) + layers.Sum(layer => layer.AttentionNorm.NumberOfElements + layer.FeedForwardNorm.NumberOfElements) + finalNorm.NumberOfElements
        + (output.Tensors.Contains(embedding) ? 0 : embedding.NumberOfElements);

    /// <summary>Whether the matrices of the blocks are in 8 bits.</summary>
    public bool IsInt8 => layers[0].Linears[0] is Int8Linear;

    /// <summary>Bytes of all tensors.</summary>
    public long Bytes => Tensors.Sum(tensor => tensor.NumberOfElements * tensor.ElementSize);

    private IEnumerable<LinearWeight> Linears => layers.SelectMany(layer => layer.Linears).Append(output);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in Tensors)
        {
            tensor.Dispose();
        }

        mapped.Dispose();
    }
}
