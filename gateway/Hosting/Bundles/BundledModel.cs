using System.Collections.Immutable;
using Herd.Contracts.Keys;
using Herd.Silo.Devices;
using Herd.Silo.Hosting;
using Herd.Silo.Startup;

namespace Herd.Gateway.Hosting.Bundles;

/// <summary>An adapter that comes with Herd.</summary>
/// <param name="Name">Its name.</param>
/// <param name="File">Its file, in Herd's own form.</param>
internal sealed record BundledAdapter(string Name, string File);

/// <summary>What a tenant is given of a bundle.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="Adapters">Its adapters.</param>
internal sealed record BundleShare(string Tenant, ImmutableArray<BundledAdapter> Adapters);

/// <summary>The model that comes with Herd, as its folder holds it.</summary>
/// <param name="Base">The base's folder.</param>
/// <param name="Clip">The image encoder; null where there is none.</param>
/// <param name="Adapters">The adapters, by name.</param>
internal sealed record BundledModel(string Base, string? Clip, ImmutableArray<BundledAdapter> Adapters)
{
    private const string BaseKey = $"{ReplicaOptions.Section}:{nameof(ReplicaOptions.Base)}";
    private const string ClipKey = $"{ReplicaOptions.Section}:{nameof(ReplicaOptions.Clip)}";
    private const string TokenizerKey = $"{ReplicaOptions.Section}:{nameof(ReplicaOptions.Tokenizer)}";
    private const string Extension = ".herd";

    /// <summary>The configuration that has a replica serve it.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Settings => [new(BaseKey, Base), new(ClipKey, Clip)];

    /// <summary>Who gets what: each adapter a tenant of its name, and the demo tenant all of them.</summary>
    public IEnumerable<BundleShare> Shares =>
    [
        new(FirstStart.DemoTenant, Adapters),
        .. Adapters.Where(adapter => adapter.Name != FirstStart.DemoTenant).Select(adapter => new BundleShare(adapter.Name, [adapter])),
    ];

    /// <summary>The bundled model, where the process has replicas of its own and nobody named a base for them.</summary>
    /// <param name="configuration">The process's configuration.</param>
    /// <returns>The model; null where the configuration names what is served.</returns>
    /// <exception cref="StartupException">No base is named and there is no bundled one, or it is not sound.</exception>
    public static BundledModel? ChosenBy(IConfiguration configuration)
    {
        var options = StrictSettings.Read<BundleOptions>(configuration, BundleOptions.Section);
        var cluster = StrictSettings.Read<HerdClusterOptions>(configuration, HerdClusterOptions.Section);
        if (cluster.GatewayMode != GatewayMode.Embedded || Names(configuration, BaseKey))
        {
            return null;
        }

        // They would be those of another base.
        foreach (var (key, option) in new[] { (ClipKey, "--clip"), (TokenizerKey, "--tokenizer") })
        {
            if (Names(configuration, key))
            {
                throw new StartupException($"{option} ({key}) belongs to a base, and none was named.", $"Pass --base DIR too, or leave {option} out to serve the bundled model.");
            }
        }

        return Read(Path.GetFullPath(options.Folder));
    }

    private static bool Names(IConfiguration configuration, string key) => !string.IsNullOrWhiteSpace(configuration[key]);

    private static BundledModel Read(string folder)
    {
        var (model, clip, adapters) = (Path.Combine(folder, "base"), Path.Combine(folder, "clip.safetensors"), Path.Combine(folder, "adapters"));
        if (!Directory.Exists(model))
        {
            throw new StartupException(
                $"No base was named, and there is no bundled one in {folder}.",
                "Pass --base DIR, the folder of a LLaMA in the official or the Hugging Face form, or --set Bundle:Folder=DIR, one that 'herd demo train' made.");
        }

        string[] files = Directory.Exists(adapters) ? Directory.GetFiles(adapters, "*" + Extension) : [];
        return new BundledModel(model, File.Exists(clip) ? clip : null, [.. files.Order(StringComparer.Ordinal).Select(Named)]);
    }

    private static BundledAdapter Named(string file) => Path.GetFileNameWithoutExtension(file) is var name && GrainKeys.IsName(name)
        ? new BundledAdapter(name, file)
        : throw new StartupException($"{file}: no adapter can be called '{name}'.", $"A name is {GrainKeys.NameRule}.");
}
