using System.Runtime.CompilerServices;
using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Contracts.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Adapters;

/// <summary>Has the replicas load a version before anybody is sent to them for it, and drop it when nobody will be.</summary>
internal sealed class ReplicaWarmer(
    RoutingTable table, IGrainFactory grains, IOptions<AdapterOptions> options, TimeProvider time, ILogger<ReplicaWarmer> logger)
{
    private static readonly TimeSpan AskPeriod = TimeSpan.FromMilliseconds(50);

    /// <summary>Warms a version until all replicas hold it, or the time is up and at least one does.</summary>
    /// <returns>How far it is, at every change; the last says who holds it.</returns>
    /// <exception cref="HerdException">No replica holds it in time, or one cannot load it.</exception>
    internal async IAsyncEnumerable<(int Ready, int Total)> WarmAsync(
        AdapterVersion version, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        (int Ready, int Total)? told = null;
        while (true)
        {
            var answers = await Task.WhenAll(ReplicasOf(version).Select(key => AskAsync(key, version, cancellationToken))).ConfigureAwait(false);
            var now = (Ready: answers.Count(ready => ready), Total: answers.Length);
            if (told != now)
            {
                told = now;
                yield return now;
            }

            if (now.Total > 0 && now.Ready == now.Total)
            {
                yield break;
            }

            if (time.GetElapsedTime(started) >= options.Value.WarmTimeout)
            {
                if (now.Ready > 0)
                {
                    yield break;
                }

                throw new HerdException(HerdErrorCode.Unavailable, "No replica could load the version in time. It is stored: move the alias later.")
                {
                    RetryAfter = options.Value.WarmTimeout,
                };
            }

            await Task.Delay(AskPeriod, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Has all replicas drop a version; those that cannot be reached drop it when they need the room.</summary>
    internal Task DropAsync(AdapterVersion version, CancellationToken cancellationToken) => Task.WhenAll(ReplicasOf(version).Select(async key =>
    {
        try
        {
            await grains.GetGrain<IModelGrain>(key).Drop(version.Tenant, version.Digest, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception.MayServeElsewhere())
        {
            logger.LogInformation("Replica {ModelKey} could not be told to drop {Version}: {Reason}", key, version.Digest, exception.Message);
        }
    }));

    private IEnumerable<string> ReplicasOf(AdapterVersion version) => table.Replicas
        .Where(replica => replica.State == ReplicaState.Ready && replica.Base?.Digest == version.BaseDigest)
        .Select(replica => replica.ModelKey);

    private async Task<bool> AskAsync(string modelKey, AdapterVersion version, CancellationToken cancellationToken)
    {
        try
        {
            return await grains.GetGrain<IModelGrain>(modelKey).Warm(version, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception.MayServeElsewhere())
        {
            logger.LogInformation("Replica {ModelKey} cannot warm {Version} now: {Reason}", modelKey, version.Digest, exception.Message);
            return false;
        }
    }
}
