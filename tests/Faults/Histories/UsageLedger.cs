namespace Herd.Faults.Histories;

/// <summary>What a tenant's usage must be between, by what its clients asked for and received.</summary>
internal sealed class UsageLedger
{
    /// <summary>What an answer whose process died may be counted above what was sent.</summary>
    public const int Reserve = 128;

    private long _received;
    private long _possible;

    /// <summary>Generated tokens that clients have received.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>Generated tokens that may have been counted by now.</summary>
    public long Possible => Interlocked.Read(ref _possible);

    /// <summary>Tokens came that had not come before.</summary>
    public void Receive(int tokens) => Interlocked.Add(ref _received, tokens);

    /// <summary>An answer is asked for.</summary>
    /// <param name="most">Most tokens it may have.</param>
    public void Ask(int most) => Interlocked.Add(ref _possible, most + Reserve);

    /// <summary>An answer has ended, and is counted exactly.</summary>
    /// <param name="most">Most tokens it might have had.</param>
    /// <param name="tokens">Those it has.</param>
    public void Finish(int most, int tokens) => Interlocked.Add(ref _possible, tokens - most - Reserve);

    /// <summary>Compares what is counted with what must be.</summary>
    /// <param name="counted">Generated tokens, as the usage says.</param>
    /// <param name="least">What had been received before it was asked for.</param>
    /// <param name="most">What may have been counted when it was answered.</param>
    /// <returns>What is wrong; null for nothing.</returns>
    public static string? Compare(long counted, long least, long most) =>
        counted < least ? $"{counted} generated tokens, {least - counted} fewer than were received"
        : counted > most ? $"{counted} generated tokens, {counted - most} more than could have been"
        : null;
}
