using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;

namespace Herd.Gateway.Adapters;

/// <summary>Finds adapters by the names that clients give, and waits for what they are asked to do.</summary>
internal static class AdapterLookup
{
    /// <summary>An adapter's grain.</summary>
    /// <param name="grains">Reaches the cluster.</param>
    /// <param name="tenant">The owner.</param>
    /// <param name="name">The adapter's name.</param>
    /// <returns>The grain; the adapter may not exist.</returns>
    /// <exception cref="HerdException">No adapter can have such a name.</exception>
    public static IAdapterGrain Find(IGrainFactory grains, string tenant, string name) => GrainKeys.IsName(name)
        ? grains.GetGrain<IAdapterGrain>(GrainKeys.Adapter(tenant, name))
        : throw HerdException.NotFound($"The adapter '{name}'");

    /// <summary>Waits until a publication or a change of an alias is live.</summary>
    /// <param name="updates">Its steps.</param>
    /// <returns>Digest of the version that it was about.</returns>
    public static async Task<string> FinishAsync(this IAsyncEnumerable<PublishUpdate> updates)
    {
        string? version = null;
        await foreach (var update in updates)
        {
            version = update.VersionDigest ?? version;
        }

        return version ?? throw new InvalidOperationException("A publication ended without a version.");
    }
}
