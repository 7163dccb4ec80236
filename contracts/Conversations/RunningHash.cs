namespace Herd.Contracts.Conversations;

/// <summary>Tells one answer from another by its ids so far: FNV-1a of 64 bits over them, four little-endian bytes each.</summary>
/// <remarks>It guards a reader against going on in another answer than it began, not against anybody's ill will.</remarks>
public static class RunningHash
{
    /// <summary>The hash of no ids.</summary>
    public const ulong Empty = 14695981039346656037;

    /// <summary>What stands for the rest of the text that an answer's end lets go, behind the last id.</summary>
    public const int Tail = -1;

    private const ulong Prime = 1099511628211;

    /// <summary>The hash with one more id.</summary>
    /// <param name="hash">The hash so far.</param>
    /// <param name="id">The id.</param>
    /// <returns>The new hash.</returns>
    public static ulong Append(ulong hash, int id)
    {
        for (var shift = 0; shift < 32; shift += 8)
        {
            hash = (hash ^ (byte)(id >> shift)) * Prime;
        }

        return hash;
    }

    /// <summary>The hash with more ids.</summary>
    /// <param name="hash">The hash so far.</param>
    /// <param name="ids">The ids.</param>
    /// <returns>The new hash.</returns>
    public static ulong Append(ulong hash, IEnumerable<int> ids) => ids.Aggregate(hash, Append);
}
