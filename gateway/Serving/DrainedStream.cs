using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Herd.Contracts.Errors;

namespace Herd.Gateway.Serving;

/// <summary>Reads grains' streams as fast as they come into one bounded buffer: a slow client would leave one idle, and an idle one is cut.</summary>
/// <typeparam name="T">What the streams carry.</typeparam>
internal sealed class DrainedStream<T> : IAsyncDisposable
{
    /// <summary>Most updates of one stream that a reader may be behind: far more than an answer has tokens.</summary>
    private const int Capacity = 4096;

    private readonly Channel<T> _buffer;
    private readonly CancellationToken _over;
    private readonly CancellationTokenSource _stop;
    private readonly Task _pumps;
    private Exception? _failure;

    /// <summary>Begins to drain streams.</summary>
    /// <param name="sources">Open the streams.</param>
    /// <param name="limit">Ends them where the process ends.</param>
    /// <param name="cancellationToken">Ends them.</param>
    public DrainedStream(IReadOnlyList<Func<CancellationToken, IAsyncEnumerable<T>>> sources, DrainLimit limit, CancellationToken cancellationToken)
    {
        _over = limit.Over;
        _buffer = Channel.CreateBounded<T>(new BoundedChannelOptions(Capacity * sources.Count) { SingleReader = true });
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _over);
        _pumps = PumpAllAsync(sources);
    }

    /// <summary>What the streams carry, as it comes; of one stream in order.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The updates; the end comes when all streams have ended.</returns>
    /// <exception cref="HerdException">A stream failed, and the others were ended; or the reader fell too far behind.</exception>
    public async IAsyncEnumerable<T> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await _buffer.Reader.WaitToReadAsync(cancellationToken))
        {
            while (_buffer.Reader.TryRead(out var item))
            {
                yield return item;
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _pumps;
        _stop.Dispose();
    }

    // Never fails: the first failure ends all streams and is handed to the reader.
    private async Task PumpAllAsync(IReadOnlyList<Func<CancellationToken, IAsyncEnumerable<T>>> sources)
    {
        await Task.WhenAll(sources.Select(PumpAsync));
        _buffer.Writer.TryComplete(_failure);
    }

    private async Task PumpAsync(Func<CancellationToken, IAsyncEnumerable<T>> source)
    {
        try
        {
            await foreach (var item in source(_stop.Token))
            {
                if (!_buffer.Writer.TryWrite(item))
                {
                    throw new HerdException(HerdErrorCode.Cancelled, $"The stream was ended: its reader fell {Capacity} updates behind.");
                }
            }
        }
        catch (Exception exception)
        {
            Interlocked.CompareExchange(ref _failure, _over.IsCancellationRequested ? DrainLimit.Ended : exception, null);
            await _stop.CancelAsync();
        }
    }
}
