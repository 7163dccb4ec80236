using System.Collections.Immutable;
using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using Herd.Engine.Prompts;
using Herd.Engine.Vision;
using static TorchSharp.torch;

namespace Herd.Engine.Adapters.Formats;

/// <summary>Makes packages of files: reads the tensors, digests them, makes their manifest, and compares it with the one that came along.</summary>
internal static class PackageReader
{
    internal static AdapterPackage ReadHerd(HerdFiles files, AdapterReadOptions options)
    {
        var manifest = AdapterManifest.Parse(files.ManifestJson, files.Path);
        ExpectBase(files.Path, manifest.Base, options.BaseDigest);
        ExpectAgreement(files.Path, manifest, options);
        return Assemble(manifest, files, options.BaseConfig);
    }

    internal static AdapterPackage Assemble(AdapterManifest manifest, HerdFiles files, LlamaConfig config)
    {
        using var scope = NewDisposeScope();
        var parts = HerdReader.Read(manifest, files, config);
        var package = Build(parts, manifest.Base, manifest.Template, manifest.Visual?.ChannelOrder ?? default, config);
        ExpectDigests(manifest, package, files.Path);
        ManifestJson.ExpectEqual(manifest, package.Manifest, files.Path);
        return Keep(package);
    }

    internal static AdapterPackage ReadOfficial(string path, AdapterReadOptions options)
    {
        using var scope = NewDisposeScope();
        using var file = TensorFile.Open(path);
        return Complete(path, OfficialFile.Read(file, options), options);
    }

    internal static AdapterPackage ReadPeft(string path, AdapterReadOptions options)
    {
        using var scope = NewDisposeScope();
        using var files = PeftFiles.Open(path);
        return Complete(path, PeftReader.Read(files, options.BaseConfig), options);
    }

    private static AdapterPackage Complete(string path, AdapterParts parts, AdapterReadOptions options)
    {
        var template = options.Template ?? PromptTemplate.All[0].Name;
        var package = Build(parts, options.BaseDigest, template, options.ParsedChannelOrder ?? default, options.BaseConfig);
        ExpectAgreement(path, package.Manifest, options);
        return Keep(package);
    }

    /// <summary>A package of the same parts with other values.</summary>
    /// <param name="manifest">What the parts are; its digests and lengths do not matter.</param>
    /// <param name="tensors">Component to canonical name to tensor, with the shapes that the manifest tells; taken over, out of any scope.</param>
    /// <param name="config">Sizes of the base.</param>
    /// <returns>The package, owned by the caller.</returns>
    internal static AdapterPackage Make(AdapterManifest manifest, IEnumerable<KeyValuePair<string, IReadOnlyDictionary<string, Tensor>>> tensors, LlamaConfig config)
    {
        var components = tensors.Where(part => part.Value.Count > 0).OrderBy(part => part.Key, StringComparer.Ordinal).Select(part => new AdapterComponent(part.Key, part.Value)).ToList();
        return Keep(new AdapterPackage(manifest with { Components = Describe(components) }, components, config));
    }

    private static AdapterPackage Build(AdapterParts parts, string baseDigest, string template, ChannelOrder channelOrder, LlamaConfig config)
    {
        var components = parts.Tensors.Select(part => new AdapterComponent(part.Key, part.Value)).ToList();
        var manifest = new AdapterManifest
        {
            Base = baseDigest,
            Template = template,
            Components = Describe(components),
            Visual = parts.Visual is { } shape ? Describe(shape, channelOrder) : null,
            EarlyFusion = parts.EarlyFusion,
            Lora = parts.Lora,
            Prompts = parts.Prompts,
            Tuning = parts.Tuning,
        };
        return new AdapterPackage(manifest, components, config);
    }

    private static ImmutableSortedDictionary<string, ManifestComponent> Describe(IEnumerable<AdapterComponent> components) =>
        components.ToImmutableSortedDictionary(component => component.Name, Describe, StringComparer.Ordinal);

    /// <summary>Takes the components' tensors out of the scope in which they were read.</summary>
    private static AdapterPackage Keep(AdapterPackage package)
    {
        foreach (var tensor in package.Components.SelectMany(component => component.Tensors.Values))
        {
            tensor.DetachFromDisposeScope();
        }

        return package;
    }

    private static void ExpectDigests(AdapterManifest manifest, AdapterPackage package, string path)
    {
        foreach (var component in package.Components)
        {
            var digest = manifest.Components[component.Name].Digest;
            if (component.Digest != digest)
            {
                throw new CheckpointException(
                    path,
                    null,
                    $"component '{component.Name}' with digest {digest}",
                    component.Digest,
                    "The component is damaged or belongs to another version.");
            }
        }
    }

    private static ManifestComponent Describe(AdapterComponent component) => new()
    {
        Digest = component.Digest,
        Length = component.Length,
        Parameters = component.Parameters,
        Tensors = component.Tensors.Count,
    };

    private static ManifestVisual Describe(VisualFrontEndShape shape, ChannelOrder channelOrder) => new()
    {
        ChannelOrder = channelOrder,
        ClipWidth = shape.ClipWidth,
        Depth = shape.Depth,
        Heads = shape.Heads,
        MlpWidth = shape.MlpWidth,
        Width = shape.Width,
    };

    private static void ExpectBase(string path, string told, string asked)
    {
        if (told != asked)
        {
            throw new EngineException(
                EngineErrorCode.Incompatible,
                $"{Path.GetFileName(path)}: expected an adapter of base {asked}, found one of base {told}. "
                + "An image encoder counts as part of a base. Convert the original file for this base.");
        }
    }

    /// <summary>No option is passed over in silence: the adapter is as it says, or has no such part.</summary>
    private static void ExpectAgreement(string path, AdapterManifest manifest, AdapterReadOptions options)
    {
        ExpectAgreement(path, "template", manifest.Template, options.Template);
        if (manifest.Visual is { } visual)
        {
            ExpectAgreement(path, "heads", visual.Heads, options.VisualHeads ?? visual.Heads);
            ExpectAgreement(path, "channelOrder", visual.ChannelOrder, options.ParsedChannelOrder ?? visual.ChannelOrder);
        }

        ExpectAgreement(path, "gate", manifest.Prompts?.Gate, options.Gate);
        ExpectAgreement(path, "keyValues", manifest.Prompts?.KeyValues, options.PromptKeyValues);
        ExpectAgreement(path, "length", manifest.Prompts?.Length, options.PromptLength);
        ExpectAgreement(path, "order", manifest.Tuning?.Order, options.ScaleOrder);
    }

    private static void ExpectAgreement<T>(string path, string field, T told, T? asked)
    {
        if (asked is not null && !asked.Equals(told))
        {
            throw new EngineException(
                EngineErrorCode.Incompatible,
                $"{Path.GetFileName(path)}: field '{field}': expected {asked}, found {(told is null ? "none" : told)}. Leave the setting out, or read the original file with it.");
        }
    }
}
