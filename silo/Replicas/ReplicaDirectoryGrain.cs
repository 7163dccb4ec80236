using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Herd.Contracts.Models;
using Herd.Silo.Placement;

namespace Herd.Silo.Replicas;

/// <summary>Holds what replicas report, in memory only: a new activation knows all again within a heartbeat.</summary>
[DevicePlacement, KeepAlive]
internal sealed class ReplicaDirectoryGrain(TimeProvider time) : Grain, IReplicaDirectoryGrain
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(1);

    // Changes closer together than this travel as one.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private ImmutableSortedDictionary<string, Entry> _replicas = ImmutableSortedDictionary.Create<string, Entry>(StringComparer.Ordinal);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        this.RegisterGrainTimer(DropSilent, new GrainTimerCreationOptions(SweepPeriod, SweepPeriod) { Interleave = true });
        return Task.CompletedTask;
    }

    public Task Report(ReplicaInfo replica, CancellationToken cancellationToken)
    {
        Change(_replicas.SetItem(replica.ModelKey, new Entry(replica, time.GetTimestamp())));
        return Task.CompletedTask;
    }

    public Task Remove(string modelKey, CancellationToken cancellationToken)
    {
        Change(_replicas.Remove(modelKey));
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<ImmutableArray<ReplicaInfo>> Watch([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = _changed.Task;
            yield return [.. _replicas.Values.Select(entry => entry.Replica)];
            await changed.WaitAsync(cancellationToken);
            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private Task DropSilent(CancellationToken cancellationToken)
    {
        var silent = _replicas.Where(replica => time.GetElapsedTime(replica.Value.HeardAt) > Silence).Select(replica => replica.Key).ToArray();
        if (silent.Length > 0)
        {
            Change(_replicas.RemoveRange(silent));
        }

        return Task.CompletedTask;
    }

    private void Change(ImmutableSortedDictionary<string, Entry> replicas)
    {
        _replicas = replicas;
        var changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }

    private sealed record Entry(ReplicaInfo Replica, long HeardAt);
}
