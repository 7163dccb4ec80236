using Herd.Contracts.Errors;

namespace Herd.Gateway.Uploads;

/// <summary>Holds the client of an upload to a pace: whenever it was waited for so long, it must have brought some bytes. Time that Herd takes itself does not count.</summary>
internal sealed class UploadPace(TimeSpan patience, int bytesPerPatience, TimeProvider time)
{
    private TimeSpan _waited;
    private long _bytes;

    /// <summary>Waits for the client.</summary>
    /// <typeparam name="T">What it sends.</typeparam>
    /// <param name="read">Reads from it.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>What it sent.</returns>
    /// <exception cref="HerdException"><see cref="HerdErrorCode.TooSlow"/>: it is too slow.</exception>
    public async Task<T> WaitAsync<T>(Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        using var over = new CancellationTokenSource(patience - _waited, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, over.Token);
        var began = time.GetTimestamp();
        try
        {
            return await read(either.Token);
        }
        catch (Exception) when (over.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw TooSlow();
        }
        finally
        {
            _waited += time.GetElapsedTime(began);
        }
    }

    /// <summary>Counts what came.</summary>
    /// <param name="bytes">How many bytes.</param>
    /// <exception cref="HerdException"><see cref="HerdErrorCode.TooSlow"/>: too few for the time it took.</exception>
    public void Count(int bytes)
    {
        _bytes += bytes;
        if (_bytes >= bytesPerPatience)
        {
            (_waited, _bytes) = (TimeSpan.Zero, 0);
        }
        else if (_waited >= patience)
        {
            throw TooSlow();
        }
    }

    private HerdException TooSlow() =>
        new(HerdErrorCode.TooSlow, $"The upload came too slowly: at least {bytesPerPatience} bytes in {patience.TotalSeconds:0.#} seconds are expected. Nothing was stored.");
}
