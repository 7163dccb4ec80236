using System.Text;

namespace Herd.Demo.Randomness;

/// <summary>Hashes of texts that are the same in every process and version.</summary>
internal static class StableHash
{
    private const ulong Offset = 0xCBF29CE484222325;
    private const ulong Prime = 0x100000001B3;

    /// <summary>FNV-1a over UTF-8, mixed once more so that each bit depends on every byte.</summary>
    /// <param name="text">The text.</param>
    /// <returns>64 bits.</returns>
    public static ulong Of(string text)
    {
        var hash = Offset;
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ value) * Prime;
        }

        return WorldRandom.Mix(hash);
    }

    /// <summary>Whether a text belongs to the part of all texts that is one in <paramref name="parts"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="parts">At least 1.</param>
    /// <returns>Whether it does.</returns>
    public static bool IsOneIn(string text, uint parts) => Of(text) % parts == 0;
}
