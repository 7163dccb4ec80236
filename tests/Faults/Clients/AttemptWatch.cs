using Herd.Faults.Injection;
using Herd.Faults.Plan;

namespace Herd.Faults.Clients;

/// <summary>Listens to one call, and gives it up where nothing comes.</summary>
internal sealed class AttemptWatch : IDisposable
{
    /// <summary>How long a client waits for the next word.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly RunClock _clock;
    private readonly CancellationTokenSource _patience;
    private TimeSpan _heard;

    public AttemptWatch(int gateway, RunClock clock, CancellationToken cancellationToken)
    {
        (Gateway, _clock, Began) = (gateway, clock, clock.Now);
        _heard = Began;
        _patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _patience.CancelAfter(Patience);
    }

    public int Gateway { get; }

    public TimeSpan Began { get; }

    /// <summary>Whether something has come.</summary>
    public bool HadBegun { get; private set; }

    /// <summary>The longest time between two words, and when it ended.</summary>
    public (TimeSpan For, TimeSpan Ended) Silence { get; private set; }

    /// <summary>Ends the call.</summary>
    public CancellationToken Token => _patience.Token;

    /// <summary>Something came.</summary>
    public void Heard()
    {
        var now = _clock.Now;
        if (HadBegun && now - _heard > Silence.For)
        {
            Silence = (now - _heard, now);
        }

        (_heard, HadBegun) = (now, true);
        _patience.CancelAfter(Patience);
    }

    /// <summary>What the call ended with.</summary>
    public Attempt Read(Exception exception)
    {
        var (end, words, retryAfter) = _patience.IsCancellationRequested && exception is not AnswerUnreadableException
            ? (AttemptEnd.Silent, $"nothing came for {Patience.TotalSeconds:F0} s", (TimeSpan?)null)
            : AttemptReading.Of(exception);
        return new Attempt(Gateway, Began, _clock.Now, HadBegun, end, words, retryAfter);
    }

    /// <summary>The call ended well.</summary>
    public Attempt Done() => new(Gateway, Began, _clock.Now, HadBegun, AttemptEnd.Done, "", null);

    /// <summary>Whether its gateway was left alone and the cluster could serve all the time.</summary>
    public bool WasUndisturbed(FaultLog faults) =>
        !faults.Disturbs(Part.Gateway(Gateway), Began, _clock.Now) && faults.ServesThroughout(Began, _clock.Now);

    public void Dispose() => _patience.Dispose();
}
