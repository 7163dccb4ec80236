using System.Diagnostics;

namespace Herd.Cluster.Tests;

/// <summary>Watches one stream of tokens.</summary>
internal sealed class StreamWatch
{
    private const int EnoughTokens = 20;

    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long? _last;

    /// <summary>Ends when so many tokens have come that the stream is well under way.</summary>
    public Task Begun => _begun.Task;

    /// <summary>The longest time between two messages since then.</summary>
    public TimeSpan Silence { get; private set; }

    /// <summary>A message came.</summary>
    /// <param name="tokens">How many tokens have come so far.</param>
    public void Note(int tokens)
    {
        var now = Stopwatch.GetTimestamp();
        if (_last is { } last && Stopwatch.GetElapsedTime(last, now) is var pause && pause > Silence)
        {
            Silence = pause;
        }

        if (tokens >= EnoughTokens)
        {
            _last = now;
            _begun.TrySetResult();
        }
    }
}
