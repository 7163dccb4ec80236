using Herd.Engine.Adapters.Formats;
using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using Herd.Engine.Prompts;
using Herd.Engine.Vision;

namespace Herd.Engine.Adapters;

/// <summary>A checked adapter on its way in or out: its manifest and its components, on no device. Owns the components' tensors (CPU).</summary>
/// <remarks>Whatever form it was read from, the same tensors under the same settings make the same version. Safe to read from any thread.</remarks>
public sealed class AdapterPackage : IDisposable
{
    internal AdapterPackage(AdapterManifest manifest, IReadOnlyList<AdapterComponent> components, LlamaConfig baseConfig)
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

    /// <summary>The name of the version: lower-case hexadecimal SHA-256 over <see cref="ManifestJson"/>, which names base and components.</summary>
    public string Version { get; }

    /// <summary>The components, by name.</summary>
    public IReadOnlyList<AdapterComponent> Components { get; }

    /// <summary>Number of values.</summary>
    public long Parameters => Manifest.Parameters;

    /// <summary>Whether it has a visual front end.</summary>
    public bool TakesPictures => Manifest.TakesPictures;

    /// <summary>The base it was checked against.</summary>
    internal LlamaConfig BaseConfig { get; }

    /// <summary>
    /// Reads and checks an adapter: a released file (visual models, the chat model, V1), a folder that PEFT saved or a zip of it, or a folder or single file of
    /// Herd's.
    /// Which of them it is shows in its content, never in its name.
    /// </summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="options">The base, and what released files leave out.</param>
    /// <returns>The adapter, owned by the caller.</returns>
    /// <exception cref="EngineException">
    /// <see cref="EngineErrorCode.InvalidFile"/>: damaged, hostile, or no adapter. <see cref="EngineErrorCode.Incompatible"/>: made for another
    /// base, or not what an option says. <see cref="EngineErrorCode.InvalidRequest"/>: an option out of range.
    /// </exception>
    public static AdapterPackage Read(string path, AdapterReadOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (PeftFiles.Looks(path))
        {
            return PackageReader.ReadPeft(path, options);
        }

        if (Directory.Exists(path))
        {
            return PackageReader.ReadHerd(HerdFolder.Open(path), options);
        }

        return HerdArchive.Looks(path) ? PackageReader.ReadHerd(HerdArchive.Open(path), options) : PackageReader.ReadOfficial(path, options);
    }

    /// <summary>Reads an adapter from stored components. Their digests are computed again.</summary>
    /// <param name="manifestJson">The manifest.</param>
    /// <param name="componentPaths">Each component's file, by the name the manifest gives it.</param>
    /// <param name="baseConfig">Sizes of the base.</param>
    /// <returns>The adapter, owned by the caller, who compares <see cref="AdapterManifest.Base"/> with the base at hand.</returns>
    /// <exception cref="EngineException">As <see cref="Read"/>.</exception>
    public static AdapterPackage Open(string manifestJson, IReadOnlyDictionary<string, string> componentPaths, LlamaConfig baseConfig)
    {
        ArgumentNullException.ThrowIfNull(componentPaths);
        var files = componentPaths.ToDictionary(pair => pair.Key, pair => (Func<SafetensorsFile>)(() => SafetensorsFile.Open(pair.Value)));
        var manifest = AdapterManifest.Parse(manifestJson, ComponentNames.ManifestFile);
        return PackageReader.Assemble(manifest, new HerdFiles(ComponentNames.ManifestFile, manifestJson, files), baseConfig);
    }

    /// <summary>What must be said to read a released file of it: <see cref="Save"/> to a name that ends in <c>.pth</c> or <c>.safetensors</c>. Null: what is taken unless said.</summary>
    public AdapterReadOptions ReleasedOptions => new()
    {
        BaseConfig = BaseConfig,
        BaseDigest = Manifest.Base,
        VisualHeads = Unless(Manifest.Visual?.Heads, VisualFrontEndShape.OfficialHeads),
        Template = Manifest.Template == PromptTemplate.All[0].Name ? null : Manifest.Template,
        ChannelOrder = Manifest.Visual?.ChannelOrder == ChannelOrder.Bgr ? "bgr" : null,
        PromptLength = HasTextPrompts ? Unless<int>(Manifest.Prompts!.Length, Manifest.Tuning is null ? OfficialFile.V1PromptLength : null) : null,
        Gate = HasTextPrompts ? Unless<GateForm>(Manifest.Prompts!.Gate, Manifest.Tuning is null ? GateForm.Raw : GateForm.Tanh) : null,
        PromptKeyValues = HasTextPrompts ? Unless<PromptProjection>(Manifest.Prompts!.KeyValues, Manifest.Tuning is null ? PromptProjection.Base : PromptProjection.Tuned) : null,
        ScaleOrder = Unless(Manifest.Tuning?.Order, ScaleOrder.Input),
    };

    private bool HasTextPrompts => Manifest is { Prompts: not null, Visual: null };

    /// <summary>Writes the adapter in Herd's form, or in that of released files.</summary>
    /// <param name="path">
    /// A folder that is not there yet, or a single file when the name ends in <c>.herd</c>. A name that ends in <c>.pth</c> asks for the released layout of its kind
    /// (visual, chat, V1); early fusion, which has none, takes one that ends in <c>.safetensors</c>.
    /// </param>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: the place is taken or cannot be written, or a released layout has no place for a part.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Path.Exists(path))
        {
            throw new CheckpointException(
                path, null, "a place where nothing is yet", "a file or folder", "Name another place, or remove what is there.");
        }

        try
        {
            if (path.EndsWith(HerdArchive.Extension, StringComparison.OrdinalIgnoreCase))
            {
                HerdArchive.Write(this, path);
            }
            else if (OfficialWriter.Takes(path))
            {
                OfficialWriter.Write(this, path);
            }
            else
            {
                HerdFolder.Write(this, path);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(
                path, null, "a place that can be written", error.Message.TrimEnd('.'), "Check the path, its rights and the free space.", error);
        }
    }

    private static T? Unless<T>(T? value, T? usual)
        where T : struct => value.Equals(usual) ? null : value;

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        foreach (var tensor in Components.SelectMany(component => component.Tensors.Values))
        {
            tensor.Dispose();
        }
    }
}
