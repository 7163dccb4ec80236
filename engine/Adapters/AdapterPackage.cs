using System.Collections.Immutable;
using Herd.Engine.Adapters.Formats;
using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using Herd.Engine.Prompts;
using Herd.Engine.Vision;
using static TorchSharp.torch;

namespace Herd.Engine.Adapters;

/// <summary>A checked adapter on its way in or out: its manifest and its components, on no device. Owns the components' tensors (CPU).</summary>
/// <remarks>Whatever form it was read from, the same tensors under the same settings make the same version. Safe to read from any thread.</remarks>
public sealed class AdapterPackage : IDisposable
{
    private AdapterPackage(AdapterManifest manifest, IReadOnlyList<AdapterComponent> components, LlamaConfig baseConfig)
    {
        Manifest = manifest;
        ManifestJson = manifest.ToJson();
        Version = manifest.Version;
        Components = components;
        BaseConfig = baseConfig;
    }

    /// <summary>What the adapter is.</summary>
    public AdapterManifest Manifest { get; }

    /// <summary>The manifest's canonical text.</summary>
    public string ManifestJson { get; }

    /// <summary>The name of the version: lower-case hexadecimal SHA-256 over <see cref="ManifestJson"/>, which names the base and every component by digest.</summary>
    public string Version { get; }

    /// <summary>The components, by name.</summary>
    public IReadOnlyList<AdapterComponent> Components { get; }

    /// <summary>Number of values.</summary>
    public long Parameters => Manifest.Parameters;

    /// <summary>Whether it has a visual front end.</summary>
    public bool TakesPictures => Manifest.TakesPictures;

    /// <summary>The base it was checked against.</summary>
    internal LlamaConfig BaseConfig { get; }

    /// <summary>Reads and checks an adapter: a released file (visual BIAS and CAPTION models, the chat model), a folder of Herd's, or a single file of Herd's.
    /// Which of them it is shows in its content, never in its name.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="options">The base, and what released files leave out.</param>
    /// <returns>The adapter, owned by the caller.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: damaged, hostile, or no adapter. <see cref="EngineErrorCode.Incompatible"/>:
    /// made for another base, or of a kind that is not supported. <see cref="EngineErrorCode.InvalidRequest"/>: an option out of range.</exception>
    public static AdapterPackage Read(string path, AdapterReadOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (Directory.Exists(path))
        {
            return ReadHerd(HerdFolder.Open(path), options);
        }

        return HerdArchive.Looks(path) ? ReadHerd(HerdArchive.Open(path), options) : ReadOfficial(path, options);
    }

    /// <summary>Reads an adapter from stored components. Their digests are computed again.</summary>
    /// <param name="manifestJson">The manifest.</param>
    /// <param name="componentPaths">Each component's file, by the name the manifest gives it.</param>
    /// <param name="baseConfig">Sizes of the base.</param>
    /// <returns>The adapter, owned by the caller. Whether <see cref="AdapterManifest.Base"/> is the base at hand is the caller's to compare.</returns>
    /// <exception cref="EngineException">As <see cref="Read"/>.</exception>
    public static AdapterPackage Open(string manifestJson, IReadOnlyDictionary<string, string> componentPaths, LlamaConfig baseConfig)
    {
        ArgumentNullException.ThrowIfNull(componentPaths);
        var files = componentPaths.ToDictionary(pair => pair.Key, pair => (Func<SafetensorsFile>)(() => SafetensorsFile.Open(pair.Value)));
        var manifest = AdapterManifest.Parse(manifestJson, ComponentNames.ManifestFile);
        return Assemble(manifest, new HerdFiles(ComponentNames.ManifestFile, manifestJson, files), baseConfig);
    }

    /// <summary>Writes the adapter in Herd's form.</summary>
    /// <param name="path">A folder that is not there yet, or a single file when the name ends in <c>.herd</c>.</param>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: the place is taken or cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Path.Exists(path))
        {
            throw new CheckpointException(path, null, "a place where nothing is yet", "a file or folder", "Name another place, or remove what is there.");
        }

        try
        {
            if (path.EndsWith(HerdArchive.Extension, StringComparison.OrdinalIgnoreCase))
            {
                HerdArchive.Write(this, path);
            }
            else
            {
                HerdFolder.Write(this, path);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, null, "a place that can be written", error.Message.TrimEnd('.'), "Check the path, its rights and the free space.", error);
        }
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        foreach (var tensor in Components.SelectMany(component => component.Tensors.Values))
        {
            tensor.Dispose();
        }
    }

    private static AdapterPackage ReadHerd(HerdFiles files, AdapterReadOptions options)
    {
        var manifest = AdapterManifest.Parse(files.ManifestJson, files.Path);
        ExpectAgreement(files.Path, "base", manifest.Base, options.BaseDigest);
        ExpectAgreement(files.Path, "template", manifest.Template, options.Template);
        if (manifest.Visual is { } visual)
        {
            ExpectAgreement(files.Path, "heads", visual.Heads, options.VisualHeads ?? visual.Heads);
            ExpectAgreement(files.Path, "channelOrder", visual.ChannelOrder, options.ParsedChannelOrder ?? visual.ChannelOrder);
        }

        return Assemble(manifest, files, options.BaseConfig);
    }

    private static AdapterPackage Assemble(AdapterManifest manifest, HerdFiles files, LlamaConfig config)
    {
        using var scope = NewDisposeScope();
        var parts = HerdReader.Read(manifest, files, config);
        var package = Build(parts, manifest.Base, manifest.Template, manifest.Visual?.ChannelOrder ?? default, config);
        ExpectDigests(manifest, package, files.Path);
        Formats.ManifestJson.ExpectEqual(manifest, package.Manifest, files.Path);
        return package.Keep();
    }

    private static AdapterPackage ReadOfficial(string path, AdapterReadOptions options)
    {
        using var scope = NewDisposeScope();
        using var file = TensorFile.Open(path);
        var parts = OfficialFile.Read(file, options);
        var template = options.Template ?? PromptTemplate.All[0].Name;
        var package = Build(parts, options.BaseDigest, template, options.ParsedChannelOrder ?? default, options.BaseConfig);
        return package.Keep();
    }

    private static AdapterPackage Build(AdapterParts parts, string baseDigest, string template, ChannelOrder channelOrder, LlamaConfig config)
    {
        var components = parts.Tensors.Select(part => new AdapterComponent(part.Key, part.Value)).ToList();
        var manifest = new AdapterManifest
        {
            Base = baseDigest,
            Template = template,
            Components = components.ToImmutableSortedDictionary(component => component.Name, Describe, StringComparer.Ordinal),
            Visual = parts.Visual is { } shape ? Describe(shape, channelOrder) : null,
            Prompts = parts.Prompts,
            Tuning = parts.Tuning,
        };
        return new AdapterPackage(manifest, components, config);
    }

    /// <summary>Takes the components' tensors out of the scope in which they were read.</summary>
    private AdapterPackage Keep()
    {
        foreach (var tensor in Components.SelectMany(component => component.Tensors.Values))
        {
            tensor.DetachFromDisposeScope();
        }

        return this;
    }

    private static void ExpectDigests(AdapterManifest manifest, AdapterPackage package, string path)
    {
        foreach (var component in package.Components)
        {
            var digest = manifest.Components[component.Name].Digest;
            if (component.Digest != digest)
            {
                throw new CheckpointException(
                    path, null, $"component '{component.Name}' with digest {digest}", component.Digest, "The component is damaged or belongs to another version.");
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

    private static void ExpectAgreement<T>(string path, string field, T told, T? asked)
    {
        if (asked is not null && !asked.Equals(told))
        {
            throw new EngineException(
                EngineErrorCode.Incompatible,
                $"{Path.GetFileName(path)}: field '{field}': expected {asked}, found {told}. Read it with that value, or convert the original file for this one.");
        }
    }
}
