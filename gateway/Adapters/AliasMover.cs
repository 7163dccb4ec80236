using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;

namespace Herd.Gateway.Adapters;

/// <summary>An alias as a client names it.</summary>
/// <param name="Tenant">The owner.</param>
/// <param name="Adapter">The adapter's name.</param>
/// <param name="Alias">The alias.</param>
internal sealed record NamedAlias(string Tenant, string Adapter, string Alias);

/// <summary>Changes aliases, whatever wire the wish came on. Each change returns the version it was about once that is live.</summary>
internal sealed class AliasMover(IGrainFactory grains, RepeatedChange changes)
{
    /// <summary>Points an alias to a version.</summary>
    /// <param name="alias">The alias.</param>
    /// <param name="version">The version's digest, with or without its prefix.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The version's digest.</returns>
    /// <exception cref="HerdException">A name is malformed, or there is no such version.</exception>
    public Task<string> MoveAsync(NamedAlias alias, string version, CancellationToken cancellationToken)
    {
        var adapter = Find(alias);
        return changes.FinishAsync(() => adapter.MoveAlias(alias.Alias, DigestOf(version), cancellationToken), cancellationToken);
    }

    /// <summary>Points an alias back to the version before.</summary>
    /// <param name="alias">The alias.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The version's digest.</returns>
    /// <exception cref="HerdException">There is no such alias, or nothing to go back to.</exception>
    public Task<string> RollBackAsync(NamedAlias alias, CancellationToken cancellationToken) =>
        Find(alias).RollBack(alias.Alias, cancellationToken).FinishAsync();

    /// <summary>Gives a share of an alias' requests to a version.</summary>
    /// <param name="alias">The alias.</param>
    /// <param name="version">The version's digest, with or without its prefix.</param>
    /// <param name="share">The share in percent.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The version's digest.</returns>
    /// <exception cref="HerdException">There is no such alias or version, or the share is none.</exception>
    public Task<string> SetCanaryAsync(NamedAlias alias, string version, int share, CancellationToken cancellationToken)
    {
        Canary.RequireShare(share);
        return Find(alias).SetCanary(alias.Alias, DigestOf(version), share, cancellationToken).FinishAsync();
    }

    /// <summary>Points an alias to its canary.</summary>
    /// <param name="alias">The alias.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The version's digest.</returns>
    /// <exception cref="HerdException">There is no such alias, or it has no canary.</exception>
    public Task<string> PromoteCanaryAsync(NamedAlias alias, CancellationToken cancellationToken) =>
        Find(alias).PromoteCanary(alias.Alias, cancellationToken).FinishAsync();

    /// <summary>Gives an alias' version all its requests again.</summary>
    /// <param name="alias">The alias.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The version's digest.</returns>
    /// <exception cref="HerdException">There is no such alias, or it has no canary.</exception>
    public Task<string> AbortCanaryAsync(NamedAlias alias, CancellationToken cancellationToken) =>
        Find(alias).AbortCanary(alias.Alias, cancellationToken).FinishAsync();

    /// <summary>What an alias has been through, newest first.</summary>
    /// <param name="alias">The alias.</param>
    /// <param name="before">Only entries with smaller positions; null for the newest.</param>
    /// <param name="limit">Most entries.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>A page.</returns>
    /// <exception cref="HerdException">There is no such alias.</exception>
    public Task<AliasHistoryPage> ListAsync(NamedAlias alias, int? before, int limit, CancellationToken cancellationToken) =>
        Find(alias).ListMoves(alias.Alias, before, limit, cancellationToken);

    private IAdapterGrain Find(NamedAlias alias)
    {
        GrainKeys.RequireName(alias.Alias, "alias");
        return AdapterLookup.Find(grains, alias.Tenant, alias.Adapter);
    }

    private static string DigestOf(string version) => ModelReference.DigestOf(version) ?? version;
}
