using Herd.Engine.Adapters.Formats;
using Herd.Engine.Bases;
using Herd.Engine.Vision;
using static TorchSharp.torch;

namespace Herd.Engine.Adapters;

/// <summary>An adapter's tensors as the engine computes with them: Float32, CPU. Null stands for what stays as the base has it.</summary>
/// <remarks>
/// <para>A tuned matrix computes <c>y = W (scale * x) + bias</c>, the order of the released code; the paper's order differs.</para>
/// <para>Owns its tensors; those it returns are borrowed and never written. Any thread may read them.</para>
/// </remarks>
public sealed class AdapterWeights : IDisposable
{
    private readonly Dictionary<string, Tensor> _tuning = [];
    private readonly ManifestTuning? _tuned;

    private AdapterWeights(AdapterPackage package, LlamaConfig config)
    {
        _tuned = package.Manifest.Tuning;
        foreach (var component in package.Components)
        {
            switch (component.Name)
            {
                case ComponentNames.Visual:
                    Visual = new VisualFrontEnd(Shape(package.Manifest, config), KeepAll(component));
                    break;
                case ComponentNames.Prompts:
                    Prompts = MakePrompts(package.Manifest.Prompts!, component.Tensors, config.Heads);
                    break;
                default:
                    _tuning = KeepAll(component);
                    break;
            }
        }
    }

    /// <summary>The weight of the norm in front of the output, [width], or null.</summary>
    public Tensor? FinalNorm => _tuning.GetValueOrDefault(CanonicalNames.Instance.FinalNorm);

    /// <summary>The prompts and their gates, or null.</summary>
    public PromptWeights? Prompts { get; }

    /// <summary>The visual front end, or null for an adapter that takes no pictures.</summary>
    public VisualFrontEnd? Visual { get; }

    /// <summary>Whether it tunes norms at all.</summary>
    public bool TunesNorms => _tuned?.Norms == true;

    /// <summary>Bytes all its tensors take.</summary>
    public long Bytes => _tuning.Values.Sum(tensor => tensor.numel() * tensor.ElementSize) + (Prompts?.Bytes ?? 0) + (Visual?.Bytes ?? 0);

    /// <summary>Makes the tensors of a package ready to compute with. Those that are Float32 already are shared with it, not copied.</summary>
    /// <param name="package">The adapter; it may be disposed afterwards.</param>
    /// <param name="config">Sizes of the base.</param>
    /// <returns>The weights, owned by the caller.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.Incompatible"/>: the package was read for a base of other sizes.</exception>
    public static AdapterWeights FromPackage(AdapterPackage package, LlamaConfig config)
    {
        ArgumentNullException.ThrowIfNull(package);
        if (package.BaseConfig != config)
        {
            throw new EngineException(
                EngineErrorCode.Incompatible, $"Adapter {package.Version}: expected one read for {config}, found one for {package.BaseConfig}.");
        }

        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        return new AdapterWeights(package, config);
    }

    /// <summary>Whether a matrix has a bias in some layer.</summary>
    public bool Biases(TunedLinear linear) => _tuned?.Biases.Contains(linear) == true;

    /// <summary>Whether a matrix has a scale in some layer.</summary>
    public bool Scales(TunedLinear linear) => _tuned?.Scales.Contains(linear) == true;

    /// <summary>What is added to a matrix's output, [out], or null.</summary>
    public Tensor? Bias(int layer, TunedLinear linear) => _tuning.GetValueOrDefault(CanonicalNames.Instance.Bias(layer, linear));

    /// <summary>What a matrix's input is multiplied by, [in], or null.</summary>
    public Tensor? Scale(int layer, TunedLinear linear) => _tuning.GetValueOrDefault(CanonicalNames.Instance.Scale(layer, linear));

    /// <summary>The weight of the norm in front of a layer's attention, [width], or null.</summary>
    public Tensor? AttentionNorm(int layer) => _tuning.GetValueOrDefault(CanonicalNames.Instance.AttentionNorm(layer));

    /// <summary>The weight of the norm in front of a layer's feed-forward part, [width], or null.</summary>
    public Tensor? FeedForwardNorm(int layer) => _tuning.GetValueOrDefault(CanonicalNames.Instance.FeedForwardNorm(layer));

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Visual?.Dispose();
        Prompts?.Dispose();
        foreach (var tensor in _tuning.Values)
        {
            tensor.Dispose();
        }
    }

    private static Dictionary<string, Tensor> KeepAll(AdapterComponent component) =>
        component.Tensors.ToDictionary(pair => pair.Key, pair => Keep(pair.Value));

    /// <summary>A handle of its own on the values as Float32, outside any scope.</summary>
    private static Tensor Keep(Tensor tensor) =>
        (tensor.dtype == ScalarType.Float32 ? tensor.alias() : tensor.to(ScalarType.Float32)).DetachFromDisposeScope();

    private static PromptWeights MakePrompts(ManifestPrompts prompts, IReadOnlyDictionary<string, Tensor> tensors, int heads)
    {
        var names = CanonicalNames.Instance;
        var gates = Enumerable.Range(prompts.FirstLayer, prompts.Layers).Select(layer => tensors.TryGetValue(names.Gate(layer), out var gate)
            ? Keep(gate.to(ScalarType.Float32).tanh())
            : Keep(zeros([heads], ScalarType.Float32)));
        return new PromptWeights(prompts.FirstLayer, Keep(tensors[names.Query]), [.. gates]);
    }

    private static VisualFrontEndShape Shape(AdapterManifest manifest, LlamaConfig config)
    {
        var (visual, slots) = (manifest.Visual!, manifest.Prompts!.Length);
        return new VisualFrontEndShape(visual.Width, visual.Depth, visual.Heads, visual.MlpWidth, slots, visual.ClipWidth, config.Width);
    }
}
