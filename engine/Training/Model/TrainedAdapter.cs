using Herd.Engine.Adapters;
using Herd.Engine.Adapters.Formats;
using Herd.Engine.Bases;
using static TorchSharp.torch;

namespace Herd.Engine.Training.Model;

/// <summary>An adapter while it is trained: the tensors that the model reads, as Float32 leaves, and the prompts that follow from some of them.</summary>
/// <remarks>Owns its tensors.</remarks>
internal sealed class TrainedAdapter : IDisposable
{
    private readonly AdapterManifest _manifest;
    private readonly LlamaConfig _config;
    private readonly IReadOnlyDictionary<string, Tensor> _prompts;

    /// <summary>Takes an adapter's values over as a start.</summary>
    /// <param name="start">The adapter; stays the caller's and is not changed.</param>
    /// <param name="config">The base's sizes.</param>
    /// <param name="device">Where it is trained.</param>
    public TrainedAdapter(AdapterPackage start, LlamaConfig config, Device device)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        (_manifest, _config) = (start.Manifest, config);
        var values = start.Components.ToDictionary(component => component.Name, component => (IReadOnlyDictionary<string, Tensor>)Each(component.Tensors, tensor => tensor.to(ScalarType.Float32, copy: true).to(device)));
        using var copy = PackageReader.Make(_manifest, values, config);
        Weights = AdapterWeights.FromPackage(copy, config);
        _prompts = values.TryGetValue(ComponentNames.Prompts, out var prompts) ? Each(prompts, tensor => tensor.alias().DetachFromDisposeScope()) : new Dictionary<string, Tensor>();
    }

    /// <summary>What the model reads of it, but for the prompts.</summary>
    public AdapterWeights Weights { get; }

    /// <summary>All tensors by their canonical names; borrowed, written to by the optimiser.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Tensors => Components.SelectMany(component => component.Value);

    private IEnumerable<KeyValuePair<string, IReadOnlyDictionary<string, Tensor>>> Components => Weights.ByComponent.Append(KeyValuePair.Create(ComponentNames.Prompts, _prompts));

    /// <summary>The prompts as they follow from the tensors now, with gradients.</summary>
    /// <returns>By layer; the tensors belong to the caller's scope.</returns>
    public IReadOnlyDictionary<int, LayerPrompts> Prompts() => LayerPromptsReader.Read(_manifest, _prompts, _config);

    /// <summary>The adapter as it is now.</summary>
    /// <returns>A copy in host memory, owned by the caller.</returns>
    public AdapterPackage ToPackage()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        return PackageReader.Make(_manifest, Components.Select(component => KeyValuePair.Create<string, IReadOnlyDictionary<string, Tensor>>(component.Key, Each(component.Value, tensor => tensor.detach().cpu().clone()))), _config);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Weights.Dispose();
        foreach (var tensor in _prompts.Values)
        {
            tensor.Dispose();
        }
    }

    private static Dictionary<string, Tensor> Each(IReadOnlyDictionary<string, Tensor> tensors, Func<Tensor, Tensor> change) =>
        tensors.ToDictionary(pair => pair.Key, pair => change(pair.Value));
}
