using Herd.Engine.Checkpoints;
using static TorchSharp.torch;

namespace Herd.Engine.Adapters.Formats;

/// <summary>Writes adapters in the layouts of released files, for the programs that they came from.</summary>
internal static class OfficialWriter
{
    internal const string Extension = ".pth";

    // What the visual program assumes where the adapter has none.
    private const int OfficialRank = 16;

    /// <summary>Whether a path's ending asks for a released layout.</summary>
    internal static bool Takes(string path) => HasEnding(path, Extension) || HasEnding(path, ComponentNames.Extension);

    /// <summary>Writes beside the place first, and reads it back: the file is there whole and tells the same version, or not at all.</summary>
    internal static void Write(AdapterPackage package, string path)
    {
        var layout = OfficialLayoutChoice.Of(package.Manifest, path);
        ExpectEnding(package, path);
        var partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            using (NewDisposeScope())
            {
                Write(package, layout, OfficialTensors.Of(package, layout.Names, path), partial, path);
            }

            ExpectSame(package, partial, path);
            File.Move(partial, path);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private static void Write(AdapterPackage package, OfficialLayoutChoice layout, IReadOnlyDictionary<string, Tensor> tensors, string partial, string path)
    {
        if (package.Manifest.EarlyFusion is not null)
        {
            SafetensorsWriter.Write(partial, tensors);
            return;
        }

        var model = tensors.ToDictionary(pair => pair.Key, pair => (object?)pair.Value);
        var root = layout.IsFlat ? model : new Dictionary<string, object?> { ["model"] = model };
        if (layout.HasConfig)
        {
            root["config"] = new Dictionary<string, object?>
            {
                ["w_bias"] = package.Manifest.Tuning is not null, ["w_lora"] = package.Manifest.Lora is not null, ["lora_rank"] = RankOf(package, path),
            };
        }

        PthWriter.Write(partial, root);
    }

    private static int RankOf(AdapterPackage package, string path)
    {
        if (package.Manifest.Lora is not { } lora)
        {
            return OfficialRank;
        }

        var (names, layers) = (CanonicalNames.Instance, package.BaseConfig.Layers);
        var tensors = package.Components.Single(component => component.Name == ComponentNames.Lora).Tensors;
        var ranks = Enumerable.Range(0, layers).SelectMany(layer => lora.Linears.Select(linear => names.LoraIn(layer, linear))).Where(tensors.ContainsKey).Select(name => tensors[name].shape[0]);
        return ranks.Distinct().Count() == 1
            ? lora.MaxRank
            : throw OfficialLayoutChoice.Refuse(path, "low-rank matrices of one rank, as the visual program has them", "several ranks");
    }

    private static void ExpectEnding(AdapterPackage package, string path)
    {
        var ending = package.Manifest.EarlyFusion is null ? Extension : ComponentNames.Extension;
        if (!HasEnding(path, ending))
        {
            throw new CheckpointException(
                path,
                null,
                package.Manifest.EarlyFusion is null ? "a name that ends in .pth" : "a name that ends in .safetensors, as no released program knows early fusion",
                Path.GetExtension(path),
                "Name the file so, or save the adapter in Herd's form: a folder, or a file that ends in .herd.");
        }
    }

    private static void ExpectSame(AdapterPackage package, string partial, string path)
    {
        using var read = AdapterPackage.Read(partial, package.ReleasedOptions);
        if (read.Version != package.Version)
        {
            throw OfficialLayoutChoice.Refuse(path, $"a file that is read as version {package.Version}", $"one that is read as {read.Version}");
        }
    }

    private static bool HasEnding(string path, string ending) => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase);
}
