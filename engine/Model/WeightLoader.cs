using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using Herd.Engine.Execution;
using TorchSharp;
using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>Reads a base's tensors from its files, strictly: every one present, of the right shape, finite, and none unknown.</summary>
/// <remarks>What needs no conversion stays in the files, mapped into memory. Names and the order of query and key rows: docs/engine.md, "Base files".</remarks>
internal sealed class WeightLoader(BaseFolder folder, EngineWeights weights, ScalarType dtype, Device device)
{
    private readonly BaseTensors _tensors = folder.Tensors;

    /// <summary>Reads the files.</summary>
    /// <param name="file">The weights.</param>
    /// <param name="progress">Told the fraction that is read.</param>
    /// <param name="cancellationToken">Stops between blocks; what was read is freed.</param>
    /// <returns>The tensors; the caller owns them.</returns>
    /// <exception cref="CheckpointException">A tensor is missing, misshapen, damaged or unknown.</exception>
    public WeightStore Load(ITensorFile file, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var mapped = new MappedFiles();
        try
        {
            using var scope = NewDisposeScope();
            var reader = new TensorReader(file, device.type == DeviceType.CPU ? mapped : null);
            var embedding = Take(reader, _tensors.Embedding, dtype);
            var linears = new LinearReader(folder, reader, weights, dtype);
            var layers = new List<LayerWeights>();
            for (var layer = 0; layer < folder.Config.Layers; layer++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                layers.Add(TakeLayer(reader, linears, layer));
                progress?.Report((layer + 1.0) / folder.Config.Layers);
            }

            var finalNorm = Take(reader, _tensors.FinalNorm, ScalarType.Float32);
            var output = new DenseLinear(TakeOutput(reader, embedding));
            reader.ExpectAllTaken(BaseTensors.IsDerived);
            var store = new WeightStore(embedding, layers, finalNorm, output, mapped);
            scope.Detach(store.Tensors);
            return store;
        }
        catch
        {
            mapped.Dispose();
            throw;
        }
    }

    private LayerWeights TakeLayer(TensorReader reader, LinearReader linears, int layer) => new(
        Take(reader, _tensors.AttentionNorm(layer), ScalarType.Float32),
        Take(reader, _tensors.FeedForwardNorm(layer), ScalarType.Float32),
        [.. TunedLinearExtensions.All.Select(linear => linears.Take(layer, linear, device))]);

    private Tensor TakeOutput(TensorReader reader, Tensor embedding)
    {
        if (!folder.Config.TiedEmbeddings)
        {
            return Take(reader, _tensors.Output, dtype);
        }

        // A tied file may hold the matrix a second time; the embedding is the one that counts.
        using var copy = reader.TryTake(_tensors.Output.Name, _tensors.Output.Shape);
        return embedding;
    }

    private Tensor Take(TensorReader reader, BaseTensor expected, ScalarType type)
    {
        using var scope = NewDisposeScope();
        return reader.Take(expected.Name, expected.Shape, type).to(device).MoveToOuterDisposeScope();
    }
}
