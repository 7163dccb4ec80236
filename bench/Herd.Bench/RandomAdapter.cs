using System.Collections.Immutable;
using System.Security.Cryptography;
using Herd.Engine.Adapters;
using Herd.Engine.Adapters.Formats;
using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using Herd.Engine.Prompts;
using static TorchSharp.torch;

namespace Herd.Bench;

/// <summary>
/// Adapters by chance, for any base: scale and bias of all seven matrices, norms, and ten prompts in each layer but the first. They are written as stored
/// components and read as an uploaded adapter is.
/// </summary>
internal static class RandomAdapter
{
    private const int PromptLength = 10;

    /// <summary>Makes one.</summary>
    /// <param name="description">The base.</param>
    /// <param name="seed">Decides the values.</param>
    /// <param name="folder">Where the components are written; what is there is overwritten.</param>
    /// <returns>The adapter, owned by the caller.</returns>
    public static AdapterPackage Make(BaseDescription description, int seed, string folder)
    {
        using var scope = NewDisposeScope();
        using var random = new Generator((ulong)seed);
        var config = description.Config;
        var prompts = new ManifestPrompts
        {
            FirstLayer = Math.Min(1, config.Layers - 1),
            Gate = GateForm.Tanh,
            KeyValues = PromptProjection.Base,
            Layers = Math.Max(1, config.Layers - 1),
            Length = PromptLength,
        };
        var components = new Dictionary<string, Dictionary<string, Tensor>>
        {
            [ComponentNames.Tuning] = Tuning(config, random),
            [ComponentNames.Prompts] = Prompts(config, prompts, random),
        };
        var paths = components.Keys.ToDictionary(name => name, name => Path.Combine(folder, ComponentNames.FileOf(name)));
        foreach (var (name, tensors) in components)
        {
            SafetensorsWriter.Write(paths[name], tensors);
        }

        var manifest = new AdapterManifest
        {
            Base = description.Digest,
            Template = PromptTemplate.All[0].Name,
            Components = components.ToImmutableSortedDictionary(pair => pair.Key, pair => Describe(paths[pair.Key], pair.Value), StringComparer.Ordinal),
            Prompts = prompts,
            Tuning = new ManifestTuning { Biases = [.. TunedLinearExtensions.All], Norms = true, Order = ScaleOrder.Input, Scales = [.. TunedLinearExtensions.All] },
        };
        return AdapterPackage.Open(manifest.ToJson(), paths, config);
    }

    private static Dictionary<string, Tensor> Tuning(LlamaConfig config, Generator random)
    {
        Tensor Near(float value, long width) => (randn([width], generator: random) * 0.01f) + value;
        var names = CanonicalNames.Instance;
        var tensors = new Dictionary<string, Tensor> { [names.FinalNorm] = Near(1, config.Width) };
        for (var layer = 0; layer < config.Layers; layer++)
        {
            foreach (var linear in TunedLinearExtensions.All)
            {
                tensors[names.Scale(layer, linear)] = Near(1, linear.InWidth(config));
                tensors[names.Bias(layer, linear)] = Near(0, linear.OutWidth(config));
            }

            tensors[names.AttentionNorm(layer)] = Near(1, config.Width);
            tensors[names.FeedForwardNorm(layer)] = Near(1, config.Width);
        }

        return tensors;
    }

    private static Dictionary<string, Tensor> Prompts(LlamaConfig config, ManifestPrompts prompts, Generator random)
    {
        var names = CanonicalNames.Instance;
        var tensors = new Dictionary<string, Tensor>
        {
            [names.Query] = randn(names.QueryShape(prompts.Layers, prompts.Length, config.Width), generator: random),
        };
        for (var layer = prompts.FirstLayer; layer < config.Layers; layer++)
        {
            tensors[names.Gate(layer)] = randn(names.GateShape(config.Heads), generator: random) * 0.1f;
        }

        return tensors;
    }

    private static ManifestComponent Describe(string path, Dictionary<string, Tensor> tensors)
    {
        using var file = File.OpenRead(path);
        return new ManifestComponent
        {
            Digest = Convert.ToHexStringLower(SHA256.HashData(file)),
            Length = file.Length,
            Parameters = tensors.Values.Sum(tensor => tensor.numel()),
            Tensors = tensors.Count,
        };
    }
}
