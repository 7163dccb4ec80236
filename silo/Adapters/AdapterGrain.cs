using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
using Herd.Contracts.Experts;
using Herd.Contracts.Keys;
using Herd.Silo.Devices;
using Herd.Silo.Placement;
using Herd.Silo.Storage;
using Microsoft.Extensions.Logging;

namespace Herd.Silo.Adapters;

/// <summary>One tenant's adapter. The truth is in the database; the grain remembers what it read, being its only writer.</summary>
[DevicePlacement]
internal sealed class AdapterGrain(
    AdapterRepository adapters,
    AliasRepository aliases,
    AdapterIntake intake,
    ReplicaWarmer warmer,
    ActiveCount active,
    TimeProvider time,
    ILogger<AdapterGrain> logger) : Grain, IAdapterGrain, IDisposable
{
    private static readonly TimeSpan DropTimeout = TimeSpan.FromSeconds(2);

    // Streaming methods interleave with all others: whoever changes rows reads them again before the next change.
    private readonly SemaphoreSlim _changing = new(1);
    private StoredAdapter? _stored;

    private string Tenant => GrainKeys.OwningTenant(this.GetPrimaryKeyString())!;

    private string Name => GrainKeys.OwnName(this.GetPrimaryKeyString());

    public override async Task OnActivateAsync(CancellationToken cancellationToken) =>
        _stored = await adapters.FindAsync(Tenant, Name, cancellationToken);

    public async IAsyncEnumerable<PublishUpdate> Publish(
        PublishRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        RequireOwnName();
        if (request.Alias is not null)
        {
            GrainKeys.RequireName(request.Alias, "alias");
        }

        ExpertNames.Check(request.Experts ?? []);

        using var place = active.Enter();
        yield return new PublishUpdate(PublishStage.Validating, VersionDigest: null, 0, 0);
        var version = await TakeAsync(request, cancellationToken);
        await ChangeAsync(() => Task.FromResult(true), cancellationToken);
        logger.LogInformation("Adapter {Adapter} of {Tenant} has version {Version}.", Name, Tenant, version.Digest);
        yield return new PublishUpdate(PublishStage.Stored, version.Digest, 0, 0);
        if (request.Alias is not null)
        {
            var move = AliasChange.Move(version.Digest, AliasMoveKind.Published);
            await foreach (var update in ChangeAliasAsync(request.Alias, () => Task.FromResult(move), cancellationToken))
            {
                yield return update;
            }
        }
    }

    public IAsyncEnumerable<PublishUpdate> MoveAlias(string alias, string versionDigest, CancellationToken cancellationToken = default) =>
        ChangeAliasAsync(alias, () => Task.FromResult(AliasChange.Move(FindVersion(versionDigest).Digest, AliasMoveKind.Moved)), cancellationToken);

    public IAsyncEnumerable<PublishUpdate> RollBack(string alias, CancellationToken cancellationToken = default) => ChangeAliasAsync(
        alias,
        async () =>
        {
            var now = FindAlias(alias);
            return now.Below is { } below
                ? AliasChange.RollBack(now, await aliases.GetAsync(KeyOf(alias), below, cancellationToken))
                : throw Conflict($"Alias '{alias}' of adapter '{Name}' has pointed to one version only: there is none to go back to.");
        },
        cancellationToken);

    public IAsyncEnumerable<PublishUpdate> SetCanary(string alias, string versionDigest, int share, CancellationToken cancellationToken = default) => ChangeAliasAsync(
        alias,
        () =>
        {
            Canary.RequireShare(share);
            var (now, canary) = (FindAlias(alias), FindVersion(versionDigest).Digest);
            return canary != now.Version
                ? Task.FromResult(AliasChange.SetCanary(now, canary, share))
                : throw HerdException.Invalid("version", $"Alias '{alias}' points to this version already. A canary is another one.");
        },
        cancellationToken);

    public IAsyncEnumerable<PublishUpdate> PromoteCanary(string alias, CancellationToken cancellationToken = default) =>
        ChangeAliasAsync(alias, () => Task.FromResult(AliasChange.Promote(FindCanary(alias))), cancellationToken);

    public IAsyncEnumerable<PublishUpdate> AbortCanary(string alias, CancellationToken cancellationToken = default) =>
        ChangeAliasAsync(alias, () => Task.FromResult(AliasChange.Abort(FindCanary(alias))), cancellationToken);

    public Task SetExperts(string versionDigest, ImmutableArray<string> experts, CancellationToken cancellationToken = default)
    {
        ExpertNames.Check(experts);
        FindVersion(versionDigest);
        return ChangeAsync(() => adapters.SetExpertsAsync(Tenant, Name, versionDigest, experts, cancellationToken), cancellationToken);
    }

    public Task<AliasHistoryPage> ListMoves(string alias, int? before, int limit, CancellationToken cancellationToken = default)
    {
        FindAlias(alias);
        return aliases.ListAsync(KeyOf(alias), before, limit, cancellationToken);
    }

    public Task<AdapterVersion> Resolve(string? reference, string? affinity, CancellationToken cancellationToken = default)
    {
        var alias = reference ?? IAdapterGrain.DefaultAlias;
        if (ModelReference.DigestOf(alias) is { } digest)
        {
            return Task.FromResult(FindVersion(digest));
        }

        var now = FindAlias(alias);
        return Task.FromResult(FindVersion(
            affinity is not null && now.Canary is { } canary && canary.Takes($"{this.GetPrimaryKeyString()}@{alias}", affinity) ? canary.Version : now.Version));
    }

    public Task<AdapterDescription> Describe(CancellationToken cancellationToken = default) => Task.FromResult(Require().Describe());

    public async Task Delete(CancellationToken cancellationToken = default)
    {
        Require();
        var bound = await ChangeAsync(
            async () =>
            {
                var versions = Require().Versions.Values.Select(stored => stored.Version);
                var gone = await adapters.DeleteAsync(Tenant, Name, time.GetUtcNow(), cancellationToken) ?? [];
                return versions.Where(version => gone.Contains(version.Digest)).ToArray();
            },
            cancellationToken);
        logger.LogInformation("Adapter {Adapter} of {Tenant} was deleted.", Name, Tenant);

        // Running sequences hold a version in memory; its bytes go when no process holds it any more.
        using var dropping = new CancellationTokenSource(DropTimeout, time);
        await Task.WhenAll(bound.Select(version => warmer.DropAsync(version, dropping.Token)))
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    public void Dispose() => _changing.Dispose();

    private async Task<AdapterVersion> TakeAsync(PublishRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await intake.TakeAsync(Tenant, Name, request, cancellationToken);
        }
        catch (HerdException exception) when (exception.IsRetryableElsewhere)
        {
            // This process holds no base to check against; the next activation is put where one is.
            DeactivateOnIdle();
            throw;
        }
    }

    /// <summary>Warms what the alias will serve, then changes it.</summary>
    private async IAsyncEnumerable<PublishUpdate> ChangeAliasAsync(
        string alias, Func<Task<AliasChange>> prepare, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        GrainKeys.RequireName(alias, "alias");
        using var place = active.Enter();
        var change = await prepare();
        var warm = (Ready: 0, Total: 0);
        foreach (var digest in change.Warm)
        {
            await foreach (var now in warmer.WarmAsync(FindVersion(digest), cancellationToken))
            {
                warm = now;
                yield return new PublishUpdate(PublishStage.Warming, change.Version, warm.Ready, warm.Total);
            }
        }

        // A refusal changes nothing: the grain need not learn anew.
        if (!await ChangeAsync(() => AppendAsync(alias, change, cancellationToken), cancellationToken))
        {
            throw Conflict($"Alias '{alias}' of adapter '{Name}' was moved meanwhile. Look where it points now.");
        }

        yield return new PublishUpdate(PublishStage.Live, change.Version, warm.Ready, warm.Total);
    }

    /// <returns>False where the alias is not what the change was made for.</returns>
    private async Task<bool> AppendAsync(string alias, AliasChange change, CancellationToken cancellationToken)
    {
        var now = Require().Aliases.GetValueOrDefault(alias);
        var next = change.Next(now, Columns.Now(time));
        if (next is null || next == now)
        {
            return next is not null;
        }

        var isAdded = await aliases.AppendAsync(KeyOf(alias), next, cancellationToken);
        if (isAdded)
        {
            logger.LogInformation(
                "Alias {Alias} of {Tenant}'s adapter {Adapter}: {Move} from {From} to {Version}.", alias, Tenant, Name, next.Kind, next.From, change.Version);
        }

        return isAdded;
    }

    private async Task<T> ChangeAsync<T>(Func<Task<T>> change, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            var changed = await change();
            _stored = await adapters.FindAsync(Tenant, Name, CancellationToken.None);
            return changed;
        }
        catch
        {
            // Whether the change was made is not known here; the next activation reads it.
            DeactivateOnIdle();
            throw;
        }
        finally
        {
            _changing.Release();
        }
    }

    private StoredAdapter Require() => _stored ?? throw HerdException.NotFound($"Adapter '{Name}'");

    private AliasKey KeyOf(string alias) => new(Tenant, Name, alias);

    private AliasEntry FindAlias(string alias) =>
        Require().Aliases.GetValueOrDefault(alias) ?? throw HerdException.NotFound($"Alias '{alias}' of adapter '{Name}'");

    private AliasEntry FindCanary(string alias) => FindAlias(alias) is { Canary: not null } now
        ? now
        : throw Conflict($"Alias '{alias}' of adapter '{Name}' has no canary.");

    private static HerdException Conflict(string message) => new(HerdErrorCode.Conflict, message);

    private AdapterVersion FindVersion(string digest) => Require().Versions.TryGetValue(digest, out var stored)
        ? stored.Version
        : throw HerdException.NotFound($"Version {digest} of adapter '{Name}'");

    private void RequireOwnName()
    {
        GrainKeys.RequireName(Name, "name");
        if (Name == ModelReference.BaseName)
        {
            throw HerdException.Invalid("name", $"No adapter can be called '{ModelReference.BaseName}': that names the bare base.");
        }
    }
}
