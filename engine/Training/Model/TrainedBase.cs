using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using Herd.Engine.Model;
using Herd.Engine.Training.Parameters;
using static TorchSharp.torch;

namespace Herd.Engine.Training.Model;

/// <summary>A base whose own tensors are trained: Float32 leaves under Meta's names, which the model sees as if they had been read from files.</summary>
/// <remarks>Owns its tensors.</remarks>
internal sealed class TrainedBase : IDisposable
{
    /// <summary>What stands in front of the base's names among those of all trained tensors.</summary>
    public const string Prefix = "base.";

    // What the released models' matrices come near to; embeddings and matrices alike.
    private const double Deviation = 0.02;

    private readonly LlamaConfig _config;
    private readonly BaseTensors _names;
    private readonly Dictionary<string, Tensor> _tensors = [];

    private TrainedBase(LlamaConfig config, ScalarType dtype, Device device, Func<BaseTensor, TunedLinear?, Tensor> value)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        (_config, _names) = (config, new BaseTensors(config, BaseForm.Meta));
        Tensor Take(BaseTensor tensor, TunedLinear? linear = null) =>
            _tensors[Prefix + tensor.Name] = value(tensor, linear).to(ScalarType.Float32).to(device).DetachFromDisposeScope();
        var embedding = Take(_names.Embedding);
        var layers = Enumerable.Range(0, config.Layers).Select(layer => new LayerWeights(
            Take(_names.AttentionNorm(layer)),
            Take(_names.FeedForwardNorm(layer)),
            [.. TunedLinearExtensions.All.Select(linear => new MasterLinear(Take(_names.Linear(layer, linear), linear), dtype))])).ToList();
        Weights = new StageWeights(new StagePlan(device, 0, config.Layers), layers)
        {
            Embedding = embedding,
            FinalNorm = Take(_names.FinalNorm),
            Output = new MasterLinear(config.TiedEmbeddings ? embedding : Take(_names.Output), dtype),
        };
    }

    /// <summary>The tensors as the model sees them.</summary>
    public StageWeights Weights { get; }

    /// <summary>All tensors by their names; borrowed, written to by the optimiser.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Tensors => _tensors;

    /// <summary>A base of random values: norms 1, all else normally distributed, matrices that write to the residual stream less so the more layers there are.</summary>
    /// <param name="config">Its sizes.</param>
    /// <param name="dtype">The model's type.</param>
    /// <param name="device">Where it is trained.</param>
    /// <param name="seed">Decides the values.</param>
    /// <returns>The base.</returns>
    public static TrainedBase Random(LlamaConfig config, ScalarType dtype, Device device, long seed) => new(config, dtype, device, (tensor, linear) =>
    {
        if (tensor.Shape.Length == 1)
        {
            return ones(tensor.Shape);
        }

        var writes = linear is TunedLinear.Output or TunedLinear.Down;
        return RandomValues.Normal(tensor.Name, seed, tensor.Shape, writes ? Deviation / Math.Sqrt(2.0 * config.Layers) : Deviation);
    });

    /// <summary>A base read from its files.</summary>
    /// <param name="folder">The files; not in 8 bits.</param>
    /// <param name="dtype">The model's type.</param>
    /// <param name="device">Where it is trained.</param>
    /// <returns>The base.</returns>
    /// <exception cref="CheckpointException">A tensor is missing, misshapen, damaged or unknown.</exception>
    public static TrainedBase Read(BaseFolder folder, ScalarType dtype, Device device)
    {
        using var file = folder.OpenWeights();
        var reader = new TensorReader(file);
        var (stored, meta) = (folder.Tensors, new BaseTensors(folder.Config, BaseForm.Meta));
        var theirs = meta.All.Zip(stored.All).ToDictionary(pair => pair.First.Name, pair => pair.Second);
        return new TrainedBase(folder.Config, dtype, device, (tensor, linear) =>
        {
            var rows = reader.Take(theirs[tensor.Name].Name, tensor.Shape, ScalarType.Float32, copy: true);
            return folder.Form == BaseForm.HuggingFace && linear is { } matrix ? HeadRows.InMetasOrder(rows, matrix, folder.Config) : rows;
        });
    }

    /// <summary>The tensors for a file in Hugging Face's form.</summary>
    /// <param name="type">The type they are rounded to.</param>
    /// <returns>By name; they belong to the caller's scope.</returns>
    public IReadOnlyDictionary<string, Tensor> InHuggingFacesForm(ScalarType type)
    {
        using var frozen = no_grad();
        var theirs = new BaseTensors(_config, BaseForm.HuggingFace);
        var linears = Enumerable.Range(0, _config.Layers).SelectMany(layer => TunedLinearExtensions.All.Select(linear => (Name: _names.Linear(layer, linear).Name, linear)))
            .ToDictionary(pair => pair.Name, pair => pair.linear);
        return _names.All.Zip(theirs.All).ToDictionary(pair => pair.Second.Name, pair =>
        {
            var value = _tensors[Prefix + pair.First.Name].detach().cpu();
            return (linears.TryGetValue(pair.First.Name, out var linear) ? HeadRows.InHuggingFacesOrder(value, linear, _config) : value).to(type);
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _tensors.Values)
        {
            tensor.Dispose();
        }
    }
}
