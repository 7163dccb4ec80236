using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;

namespace Herd.Gateway.Adapters;

/// <summary>Finds adapters by the names that clients give.</summary>
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
}
