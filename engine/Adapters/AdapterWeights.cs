using Herd.Engine.Adapters.Formats;
using Herd.Engine.Bases;
using Herd.Engine.Vision;
using static TorchSharp.torch;

namespace Herd.Engine.Adapters;

/// <summary>An adapter's tensors as the engine computes with them: Float32, CPU. Null stands for what stays as the base has it.</summary>
/// <remarks>
/// <para>A tuned matrix computes <c>y = W (s * x) + b</c>, or <c>y = s * (W x + b)</c> in the paper's order, and its low-rank pair is added.</para>
/// <para>Owns its tensors, and holds its visual front end, which it may share with other versions; all are borrowed from it and never written. Any thread may
/// read them.</para>
/// </remarks>
public sealed class AdapterWeights : IDisposable
{
    private readonly Dictionary<string, Tensor> _tuning = [];
    private readonly Dictionary<string, Tensor> _lora = [];
    private readonly ManifestTuning? _tuned;
    private readonly FrontEndLease? _visual;

    private AdapterWeights(AdapterPackage package, LlamaConfig config, FrontEndPool frontEnds)
    {
        var manifest = package.Manifest;
        _tuned = manifest.Tuning;
        WaitsForPicture = manifest.EarlyFusion is not null;
        ProjectsPromptsTuned = manifest.Prompts?.KeyValues == PromptProjection.Tuned;
        try
        {
            foreach (var component in package.Components)
            {
                switch (component.Name)
                {
                    case ComponentNames.Visual:
                        _visual = frontEnds.Lease(new FrontEndKey(component.Digest, manifest.Visual!.Heads), () => new VisualFrontEnd(Shape(manifest, config), KeepAll(component)));
                        break;
                    case ComponentNames.Prompts:
                        Prompts = LayerPromptsReader.Read(manifest, component.Tensors, config);
                        Prompts.Values.SelectMany(TensorsOf).ToList().ForEach(tensor => tensor.DetachFromDisposeScope());
                        break;
                    case ComponentNames.Lora:
                        _lora = KeepAll(component);
                        break;
                    default:
                        _tuning = KeepAll(component);
                        break;
                }
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The weight of the norm in front of the output, [width], or null.</summary>
    public Tensor? FinalNorm => _tuning.GetValueOrDefault(CanonicalNames.Instance.FinalNorm);

    /// <summary>The prompts of the layers that have any.</summary>
    public IReadOnlyDictionary<int, LayerPrompts> Prompts { get; } = new Dictionary<int, LayerPrompts>();

    /// <summary>Whether prompts go through the adapter's own scale and bias of keys and values.</summary>
    public bool ProjectsPromptsTuned { get; }

    /// <summary>Whether layers that take the picture have no prompts at all without one; otherwise the all-zero picture stands in.</summary>
    public bool WaitsForPicture { get; }

    /// <summary>The visual front end, or null for an adapter that takes no pictures.</summary>
    public VisualFrontEnd? Visual => _visual?.Host;

    /// <summary>Whether it tunes norms at all.</summary>
    public bool TunesNorms => _tuned?.Norms == true;

    /// <summary>What it takes in host memory.</summary>
    public AdapterMemory Memory => new(
        Own.Sum(tensor => tensor.numel() * tensor.ElementSize), _visual is { Key: var key } ? $"{key.Component}/{key.Heads}" : null, Visual?.Bytes ?? 0);

    /// <summary>The tensors of its components by canonical name, but for prompts, from which more is computed than is kept; borrowed.</summary>
    internal IReadOnlyDictionary<string, IReadOnlyDictionary<string, Tensor>> ByComponent => new Dictionary<string, IReadOnlyDictionary<string, Tensor>>
    {
        [ComponentNames.Tuning] = _tuning,
        [ComponentNames.Lora] = _lora,
        [ComponentNames.Visual] = Visual?.Tensors ?? new Dictionary<string, Tensor>(),
    };

    private IEnumerable<Tensor> Own => _tuning.Values.Concat(_lora.Values).Concat(Prompts.Values.SelectMany(TensorsOf));

    /// <summary>Makes the tensors of a package ready to compute with. Those that are Float32 already are shared with it, not copied.</summary>
    /// <param name="package">The adapter; it may be disposed afterwards.</param>
    /// <param name="config">Sizes of the base.</param>
    /// <returns>The weights, owned by the caller.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.Incompatible"/>: the package was read for a base of other sizes.</exception>
    public static AdapterWeights FromPackage(AdapterPackage package, LlamaConfig config) => FromPackage(package, config, new FrontEndPool());

    /// <summary>The same, with a visual front end that is taken from others that have it, or lent to them.</summary>
    internal static AdapterWeights FromPackage(AdapterPackage package, LlamaConfig config, FrontEndPool frontEnds)
    {
        ArgumentNullException.ThrowIfNull(package);
        if (package.BaseConfig != config)
        {
            throw new EngineException(
                EngineErrorCode.Incompatible, $"Adapter {package.Version}: expected one read for {config}, found one for {package.BaseConfig}.");
        }

        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        return new AdapterWeights(package, config, frontEnds);
    }

    /// <summary>What is added to a matrix's output, [out], or null.</summary>
    public Tensor? Bias(int layer, TunedLinear linear) => _tuning.GetValueOrDefault(CanonicalNames.Instance.Bias(layer, linear));

    /// <summary>What a matrix's input is multiplied by, [in], or null.</summary>
    public Tensor? InputScale(int layer, TunedLinear linear) => Scale(layer, linear, ScaleOrder.Input);

    /// <summary>What a matrix's output, bias included, is multiplied by, [out], or null.</summary>
    public Tensor? OutputScale(int layer, TunedLinear linear) => Scale(layer, linear, ScaleOrder.Output);

    /// <summary>The low-rank pair beside a matrix, or null.</summary>
    public LoraPair? Lora(int layer, TunedLinear linear) => _lora.TryGetValue(CanonicalNames.Instance.LoraIn(layer, linear), out var first)
        ? new LoraPair(first, _lora[CanonicalNames.Instance.LoraOut(layer, linear)])
        : null;

    /// <summary>The weight of the norm in front of a layer's attention, [width], or null.</summary>
    public Tensor? AttentionNorm(int layer) => _tuning.GetValueOrDefault(CanonicalNames.Instance.AttentionNorm(layer));

    /// <summary>The weight of the norm in front of a layer's feed-forward part, [width], or null.</summary>
    public Tensor? FeedForwardNorm(int layer) => _tuning.GetValueOrDefault(CanonicalNames.Instance.FeedForwardNorm(layer));

    /// <summary>The visual front end on a device. Device thread only.</summary>
    /// <param name="device">The device.</param>
    /// <returns>The front end, borrowed; null for an adapter that takes no pictures.</returns>
    internal VisualFrontEnd? VisualOn(Device device) => _visual?.On(device);

    /// <summary>Frees the tensors, the visual front end with its last holder.</summary>
    public void Dispose()
    {
        _visual?.Dispose();
        foreach (var tensor in Own)
        {
            tensor.Dispose();
        }
    }

    private static Dictionary<string, Tensor> KeepAll(AdapterComponent component) =>
        component.Tensors.ToDictionary(pair => pair.Key, pair => Keep(pair.Value));

    private static IEnumerable<Tensor> TensorsOf(LayerPrompts layer) => new[] { layer.Static, layer.Gate }.OfType<Tensor>();

    /// <summary>A handle of its own on the values as Float32, outside any scope.</summary>
    private static Tensor Keep(Tensor tensor) =>
        (tensor.dtype == ScalarType.Float32 ? tensor.alias() : tensor.to(ScalarType.Float32)).DetachFromDisposeScope();

    private Tensor? Scale(int layer, TunedLinear linear, ScaleOrder order) =>
        _tuned?.Order == order ? _tuning.GetValueOrDefault(CanonicalNames.Instance.Scale(layer, linear)) : null;

    private static VisualFrontEndShape Shape(AdapterManifest manifest, LlamaConfig config)
    {
        var (visual, slots) = (manifest.Visual!, manifest.EarlyFusion?.Slots ?? manifest.Prompts!.Length);
        return new VisualFrontEndShape(visual.Width, visual.Depth, visual.Heads, visual.MlpWidth, slots, visual.ClipWidth, config.Width);
    }
}
