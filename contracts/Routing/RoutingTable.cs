using System.Collections.Immutable;
using Herd.Contracts.Keys;
using Herd.Contracts.Models;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Herd.Contracts.Routing;

/// <summary>This process's picture of a base's replicas, fed by one stream from the replica directory.</summary>
/// <remarks>When the stream breaks the last picture stays: a new directory learns of the replicas within a heartbeat, and nobody is left without routes meanwhile.</remarks>
public sealed class RoutingTable : BackgroundService
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan CarryTime = TimeSpan.FromSeconds(5);

    private readonly IGrainFactory _grains;
    private readonly string _directoryKey;
    private readonly TimeProvider _time;
    private readonly ILogger<RoutingTable> _logger;
    private Snapshot _snapshot = new([], [], default);
    private long _currentUntil;

    /// <summary>Makes an empty table; it fills once the process's host has started.</summary>
    /// <param name="grains">Reaches the cluster.</param>
    /// <param name="baseName">The base's configured name.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes notes of broken streams.</param>
    public RoutingTable(IGrainFactory grains, string baseName, TimeProvider time, ILogger<RoutingTable> logger)
    {
        ArgumentNullException.ThrowIfNull(grains);
        (_grains, _directoryKey) = (grains, GrainKeys.ReplicaDirectory(baseName));
        _time = time;
        _logger = logger;
    }

    /// <summary>All known replicas, whatever their state.</summary>
    public ImmutableArray<ReplicaInfo> Replicas => Volatile.Read(ref _snapshot).At(_time.GetUtcNow());

    /// <summary>Whether the directory is heard, or was within the last seconds; false where no silo answers.</summary>
    public bool IsCurrent => _time.GetUtcNow().Ticks < Interlocked.Read(ref _currentUntil);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                _logger.LogDebug(exception, "The stream of replicas broke; it is opened again.");
            }

            await Task.Delay(RetryDelay, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var carried = Replicas;
        var carriedUntil = _time.GetUtcNow() + CarryTime;

        // Found anew each time: a client that is not connected yet knows no grain.
        var directory = _grains.GetGrain<IReplicaDirectoryGrain>(_directoryKey);
        await foreach (var told in directory.Watch(cancellationToken).ConfigureAwait(false))
        {
            // Every replica reports each second, so that a table with replicas in it comes as often.
            Interlocked.Exchange(ref _currentUntil, (_time.GetUtcNow() + CarryTime).Ticks);

            // Once told of, a replica is the stream's alone: when the stream drops it, it is gone.
            carried = carried.RemoveAll(old => told.Any(replica => replica.ModelKey == old.ModelKey));
            Volatile.Write(ref _snapshot, new Snapshot(told, carried, carriedUntil));
        }
    }

    private sealed record Snapshot(ImmutableArray<ReplicaInfo> Told, ImmutableArray<ReplicaInfo> Carried, DateTimeOffset CarriedUntil)
    {
        private readonly ImmutableArray<ReplicaInfo> _both = Told.AddRange(Carried);

        internal ImmutableArray<ReplicaInfo> At(DateTimeOffset now) => now < CarriedUntil ? _both : Told;
    }
}
