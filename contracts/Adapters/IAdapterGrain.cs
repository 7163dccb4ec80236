using System.Collections.Immutable;

namespace Herd.Contracts.Adapters;

/// <summary>A tenant's adapter: its versions and aliases. Key: <c>t:tenant/a:name</c>.</summary>
[Alias("herd.IAdapterGrain")]
public interface IAdapterGrain : IGrainWithStringKey
{
    /// <summary>The alias a bare adapter name stands for.</summary>
    const string DefaultAlias = "latest";

    /// <summary>Checks an upload, stores it as a version, warms it on the replicas and moves the alias. Publishing known content again is no error.</summary>
    /// <param name="request">The upload.</param>
    /// <param name="cancellationToken">Stops the call; a version that was stored stays.</param>
    /// <returns>The steps; the last is <see cref="PublishStage.Live"/>, or <see cref="PublishStage.Stored"/> where no alias was named.</returns>
    /// <exception cref="Errors.HerdException">The file is wrong, or does not fit the base.</exception>
    [Alias("Publish")]
    IAsyncEnumerable<PublishUpdate> Publish(PublishRequest request, CancellationToken cancellationToken = default);

    /// <summary>Warms a version and points an alias to it, atomically and for all requests: a canary ends with it.</summary>
    /// <param name="alias">The alias; made where it does not exist.</param>
    /// <param name="versionDigest">The version.</param>
    /// <param name="cancellationToken">Stops the call; the alias moves whole or not at all.</param>
    /// <returns>The steps.</returns>
    /// <exception cref="Errors.HerdException">No such version.</exception>
    [Alias("MoveAlias")]
    IAsyncEnumerable<PublishUpdate> MoveAlias(string alias, string versionDigest, CancellationToken cancellationToken = default);

    /// <summary>Points an alias to the version it pointed to before. Each further time it goes one version further back.</summary>
    /// <param name="alias">The alias.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The steps.</returns>
    /// <exception cref="Errors.HerdException">No such alias, or nothing to go back to.</exception>
    [Alias("RollBack")]
    IAsyncEnumerable<PublishUpdate> RollBack(string alias, CancellationToken cancellationToken = default);

    /// <summary>Warms an alias' version and a canary, then gives the canary its share of the alias' requests. Also changes the share, or the canary.</summary>
    /// <param name="alias">The alias; it points to a version already.</param>
    /// <param name="versionDigest">The canary: another version than the alias'.</param>
    /// <param name="share">The share in percent, 1 to 99.</param>
    /// <param name="cancellationToken">Stops the call; the share changes whole or not at all.</param>
    /// <returns>The steps, all of the canary.</returns>
    /// <exception cref="Errors.HerdException">No such alias or version, the share is none, or the alias was moved meanwhile.</exception>
    [Alias("SetCanary")]
    IAsyncEnumerable<PublishUpdate> SetCanary(string alias, string versionDigest, int share, CancellationToken cancellationToken = default);

    /// <summary>Warms an alias' canary and points the alias to it for all requests.</summary>
    /// <param name="alias">The alias.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The steps.</returns>
    /// <exception cref="Errors.HerdException">No such alias, it has no canary, or it was moved meanwhile.</exception>
    [Alias("PromoteCanary")]
    IAsyncEnumerable<PublishUpdate> PromoteCanary(string alias, CancellationToken cancellationToken = default);

    /// <summary>Warms an alias' version and gives it all the alias' requests again.</summary>
    /// <param name="alias">The alias.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The steps.</returns>
    /// <exception cref="Errors.HerdException">No such alias, it has no canary, or it was moved meanwhile.</exception>
    [Alias("AbortCanary")]
    IAsyncEnumerable<PublishUpdate> AbortCanary(string alias, CancellationToken cancellationToken = default);

    /// <summary>Names the experts that a version asks where a request names none; for requests that begin from now on.</summary>
    /// <param name="versionDigest">The version.</param>
    /// <param name="experts">Their names; empty for none.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>A task.</returns>
    /// <exception cref="Errors.HerdException">No such adapter or version, or a name is malformed.</exception>
    [Alias("SetExperts")]
    Task SetExperts(string versionDigest, ImmutableArray<string> experts, CancellationToken cancellationToken = default);

    /// <summary>What an alias has been through, newest first.</summary>
    /// <param name="alias">The alias.</param>
    /// <param name="before">Only entries with smaller positions; null for the newest.</param>
    /// <param name="limit">Most entries.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>A page of the history.</returns>
    /// <exception cref="Errors.HerdException">No such adapter or alias.</exception>
    [Alias("ListMoves")]
    Task<AliasHistoryPage> ListMoves(string alias, int? before, int limit, CancellationToken cancellationToken = default);

    /// <summary>Finds the version that a reference names now.</summary>
    /// <param name="reference">An alias, <c>sha256:digest</c>, or null for <see cref="DefaultAlias"/>.</param>
    /// <param name="affinity">What the request belongs to, so that it falls on the same side of a canary each time; null never falls to a canary.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The version.</returns>
    /// <exception cref="Errors.HerdException">No such adapter, alias or version.</exception>
    [Alias("Resolve")]
    Task<AdapterVersion> Resolve(string? reference, string? affinity, CancellationToken cancellationToken = default);

    /// <summary>The adapter with its versions and aliases.</summary>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The description.</returns>
    /// <exception cref="Errors.HerdException">No such adapter.</exception>
    [Alias("Describe")]
    Task<AdapterDescription> Describe(CancellationToken cancellationToken = default);

    /// <summary>Removes the adapter: at once for new requests, its bytes when no process holds a version of it any more.</summary>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>A task.</returns>
    /// <exception cref="Errors.HerdException">No such adapter.</exception>
    [Alias("Delete")]
    Task Delete(CancellationToken cancellationToken = default);
}
