using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using Herd.Engine.Execution;
using Herd.Engine.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>Reads a base's tensors from its files, strictly: every one present, of the right shape, finite, and none unknown.</summary>
/// <remarks>What needs no conversion stays in the files, mapped into memory. Names and the order of query and key rows: docs/engine.md, "Base files".</remarks>
/// <param name="folder">The base.</param>
/// <param name="weights">How the matrices of the blocks are kept.</param>
/// <param name="dtype">The model's type.</param>
/// <param name="devices">The devices that the layers are split over, of one kind, at most as many as layers.</param>
internal sealed class WeightLoader(BaseFolder folder, EngineWeights weights, ScalarType dtype, IReadOnlyList<Device> devices)
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
            var reader = new TensorReader(file, devices[0].type == DeviceType.CPU ? mapped : null);
            var linears = new LinearReader(folder, reader, weights, dtype);
            var stages = StagePlan.Divide(devices, folder.Config.Layers, Bytes()).Select(plan => TakeStage(plan, reader, linears, progress, cancellationToken)).ToList();
            stages[0] = stages[0] with { Embedding = Take(reader, _tensors.Embedding, dtype, devices[0]) };
            stages[^1] = stages[^1] with
            {
                FinalNorm = Take(reader, _tensors.FinalNorm, ScalarType.Float32, devices[^1]),
                Output = new DenseLinear(TakeOutput(reader, stages[0].Embedding!)),
            };
            reader.ExpectAllTaken(BaseTensors.IsDerived);
            var store = new WeightStore(stages, _tensors.All.Sum(tensor => tensor.Count), mapped);
            scope.Detach(store.Tensors);
            return store;
        }
        catch
        {
            mapped.Dispose();
            throw;
        }
    }

    private StageWeights TakeStage(StagePlan plan, TensorReader reader, LinearReader linears, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var layers = new List<LayerWeights>();
        foreach (var layer in plan.Layers)
        {
            cancellationToken.ThrowIfCancellationRequested();
            layers.Add(new LayerWeights(
                Take(reader, _tensors.AttentionNorm(layer), ScalarType.Float32, plan.Device),
                Take(reader, _tensors.FeedForwardNorm(layer), ScalarType.Float32, plan.Device),
                [.. TunedLinearExtensions.All.Select(linear => linears.Take(layer, linear, plan.Device))]));
            progress?.Report((layer + 1.0) / folder.Config.Layers);
        }

        return new StageWeights(plan, layers);
    }

    private Tensor TakeOutput(TensorReader reader, Tensor embedding)
    {
        if (!folder.Config.TiedEmbeddings)
        {
            return Take(reader, _tensors.Output, dtype, devices[^1]);
        }

        // A tied file may hold the matrix a second time; the embedding is the one that counts.
        using var copy = reader.TryTake(_tensors.Output.Name, _tensors.Output.Shape);
        return devices[^1].Key() == devices[0].Key() ? embedding : embedding.to(devices[^1]);
    }

    private StageBytes Bytes()
    {
        long size = StoredType.Of(dtype)!.Size;
        var linears = TunedLinearExtensions.All.Sum(linear => _tensors.Linear(0, linear).Count);
        var ends = _tensors.Embedding.Count * size;
        return new StageBytes(weights == EngineWeights.Int8 || folder.Int8Group is not null ? linears : linears * size, ends, ends);
    }

    private static Tensor Take(TensorReader reader, BaseTensor expected, ScalarType type, Device device)
    {
        using var scope = NewDisposeScope();
        return reader.Take(expected.Name, expected.Shape, type).to(device).MoveToOuterDisposeScope();
    }
}
