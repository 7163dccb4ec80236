namespace Herd.Silo.Devices;

/// <summary>How far the process's replicas are on their way to serve; for whoever shows it to the operator.</summary>
public sealed class ReplicaStartup
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LoadState _progress = new("starting", 0);

    /// <summary>The latest step.</summary>
    public LoadState Progress
    {
        get => Volatile.Read(ref _progress);
        internal set => Volatile.Write(ref _progress, value);
    }

    /// <summary>Ends when all replicas serve; faults with the reason when one cannot be loaded.</summary>
    public Task Ready => _ready.Task;

    internal void Succeed()
    {
        Progress = new LoadState("ready", 1);
        _ready.TrySetResult();
    }

    internal void Fail(Exception reason)
    {
        _ready.TrySetException(reason);
        _ = _ready.Task.Exception; // whether or not anybody waits
    }
}
