namespace Herd.Silo.Devices;

/// <summary>Counts the generations and turns that run in this process, and tells when none does any more.</summary>
internal sealed class ActiveCount
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _empty;
    private int _count;

    internal IDisposable Enter()
    {
        lock (_gate)
        {
            _count++;
        }

        return new Entry(this);
    }

    internal Task WhenEmptyAsync()
    {
        lock (_gate)
        {
            if (_count == 0)
            {
                return Task.CompletedTask;
            }

            _empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _empty.Task;
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_count == 0)
            {
                _empty?.TrySetResult();
                _empty = null;
            }
        }
    }

    private sealed class Entry(ActiveCount owner) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                owner.Leave();
            }
        }
    }
}
