using Herd.Contracts.Adapters;
using Herd.Contracts.Keys;
using Herd.Contracts.Models;
using Herd.Contracts.Routing;
using Herd.Contracts.Tenants;

namespace Herd.Gateway.Serving;

/// <summary>A name that a tenant can pass as <c>model</c>.</summary>
/// <param name="Id">The name.</param>
/// <param name="Version">The version it stands for now; null for the base.</param>
/// <param name="TakesPictures">Whether a picture may be sent.</param>
/// <param name="CreatedAt">When it was made; for the base, when this gateway started.</param>
internal sealed record CatalogEntry(string Id, string? Version, bool TakesPictures, DateTimeOffset CreatedAt);

/// <summary>Lists what a tenant can name as a model.</summary>
internal sealed class ModelCatalog(IGrainFactory grains, RoutingTable routes, ModelResolver models, TimeProvider time)
{
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();

    /// <summary>The base as the replicas describe it; null while none is loaded.</summary>
    public BaseInfo? Base => routes.Replicas.FirstOrDefault(replica => replica is { State: ReplicaState.Ready, Base: not null })?.Base;

    /// <summary>All names: the base, then each adapter with its aliases.</summary>
    /// <param name="tenant">Who asks.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The names.</returns>
    public async Task<IReadOnlyList<CatalogEntry>> ListAsync(string tenant, CancellationToken cancellationToken)
    {
        var adapters = await grains.GetGrain<ITenantGrain>(GrainKeys.Tenant(tenant)).ListAdapters(cancellationToken);
        return [BaseEntry(), .. adapters.SelectMany(Entries)];
    }

    /// <summary>One name.</summary>
    /// <param name="tenant">Who asks.</param>
    /// <param name="id">The name, digests included.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The entry.</returns>
    /// <exception cref="Contracts.Errors.HerdException">This tenant has no such model.</exception>
    public async Task<CatalogEntry> GetAsync(string tenant, string id, CancellationToken cancellationToken)
    {
        if (await models.ResolveAsync(tenant, id, affinity: null, cancellationToken) is not { } version)
        {
            return BaseEntry();
        }

        var adapter = await grains.GetGrain<IAdapterGrain>(GrainKeys.Adapter(tenant, version.Adapter)).Describe(cancellationToken);
        return Entry(id, adapter, version.Digest);
    }

    private CatalogEntry BaseEntry() => new(ModelReference.BaseName, null, TakesPictures: false, _startedAt);

    private static IEnumerable<CatalogEntry> Entries(AdapterDescription adapter)
    {
        if (adapter.Aliases.TryGetValue(IAdapterGrain.DefaultAlias, out var latest))
        {
            yield return Entry(adapter.Name, adapter, latest);
        }

        foreach (var (alias, digest) in adapter.Aliases)
        {
            yield return Entry($"{adapter.Name}@{alias}", adapter, digest);
        }
    }

    private static CatalogEntry Entry(string id, AdapterDescription adapter, string digest)
    {
        var version = adapter.Versions.FirstOrDefault(version => version.Digest == digest);
        return new CatalogEntry(id, digest, version?.TakesPictures ?? false, version?.CreatedAt ?? adapter.CreatedAt);
    }
}
