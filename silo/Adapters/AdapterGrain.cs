using System.Runtime.CompilerServices;
using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
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
    AdapterIntake intake,
    ReplicaWarmer warmer,
    BlobReferences references,
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

        using var place = active.Enter();
        yield return new PublishUpdate(PublishStage.Validating, VersionDigest: null, 0, 0);
        var version = await TakeAsync(request, cancellationToken);
        await ChangeAsync(() => Task.FromResult(true), cancellationToken);
        logger.LogInformation("Adapter {Adapter} of {Tenant} has version {Version}.", Name, Tenant, version.Digest);
        yield return new PublishUpdate(PublishStage.Stored, version.Digest, 0, 0);
        if (request.Alias is not null)
        {
            await foreach (var update in PointAsync(request.Alias, version, rollBackFrom: null, cancellationToken))
            {
                yield return update;
            }
        }
    }

    public async IAsyncEnumerable<PublishUpdate> MoveAlias(
        string alias, string versionDigest, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        GrainKeys.RequireName(alias, "alias");
        await foreach (var update in PointAsync(alias, FindVersion(versionDigest), rollBackFrom: null, cancellationToken))
        {
            yield return update;
        }
    }

    public async IAsyncEnumerable<PublishUpdate> RollBack(string alias, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var history = Require().Aliases.GetValueOrDefault(alias, []);
        if (history.IsEmpty)
        {
            throw HerdException.NotFound($"Alias '{alias}' of adapter '{Name}'");
        }

        if (history.Length == 1)
        {
            throw new HerdException(HerdErrorCode.Conflict, $"Alias '{alias}' of adapter '{Name}' has pointed to one version only: there is none to go back to.");
        }

        await foreach (var update in PointAsync(alias, FindVersion(history[^2]), rollBackFrom: history[^1], cancellationToken))
        {
            yield return update;
        }
    }

    public Task<AdapterVersion> Resolve(string? reference, CancellationToken cancellationToken = default)
    {
        reference ??= IAdapterGrain.DefaultAlias;
        if (ModelReference.DigestOf(reference) is { } digest)
        {
            return Task.FromResult(FindVersion(digest));
        }

        var history = Require().Aliases.GetValueOrDefault(reference, []);
        return history.IsEmpty ? throw HerdException.NotFound($"Alias '{reference}' of adapter '{Name}'") : Task.FromResult(FindVersion(history[^1]));
    }

    public Task<AdapterDescription> Describe(CancellationToken cancellationToken = default) => Task.FromResult(Require().Describe());

    public async Task Delete(CancellationToken cancellationToken = default)
    {
        var versions = Require().Versions.Values.Select(stored => stored.Version).ToArray();
        await ChangeAsync(() => adapters.DeleteAsync(Tenant, Name, cancellationToken), cancellationToken);
        logger.LogInformation("Adapter {Adapter} of {Tenant} was deleted.", Name, Tenant);

        // Running sequences hold the version in memory; what follows frees it once the last of them ends.
        using var dropping = new CancellationTokenSource(DropTimeout, time);
        await Task.WhenAll(versions.Select(version => warmer.DropAsync(version, dropping.Token)))
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await references.ReleaseAsync([.. versions.SelectMany(version => version.Components.Values)], cancellationToken);
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

    /// <summary>Warms a version, then points the alias to it.</summary>
    private async IAsyncEnumerable<PublishUpdate> PointAsync(
        string alias, AdapterVersion version, string? rollBackFrom, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var place = active.Enter();
        var warm = (Ready: 0, Total: 0);
        await foreach (var now in warmer.WarmAsync(version, cancellationToken))
        {
            warm = now;
            yield return new PublishUpdate(PublishStage.Warming, version.Digest, warm.Ready, warm.Total);
        }

        var target = new AliasTarget(Tenant, Name, alias, version.Digest);
        var moved = await ChangeAsync(
            () => rollBackFrom is null
                ? adapters.MoveAliasAsync(target, time.GetUtcNow(), cancellationToken)
                : adapters.RollBackAsync(target, rollBackFrom, cancellationToken),
            cancellationToken);
        if (!moved)
        {
            throw rollBackFrom is null
                ? HerdException.NotFound($"Version {version.Digest} of adapter '{Name}'")
                : new HerdException(HerdErrorCode.Conflict, $"Alias '{alias}' of adapter '{Name}' was moved meanwhile. Look where it points now.");
        }

        logger.LogInformation("Alias {Alias} of {Tenant}'s adapter {Adapter} points to {Version}.", alias, Tenant, Name, version.Digest);
        yield return new PublishUpdate(PublishStage.Live, version.Digest, warm.Ready, warm.Total);
    }

    private async Task<bool> ChangeAsync(Func<Task<bool>> change, CancellationToken cancellationToken)
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
