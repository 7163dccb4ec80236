using System.Buffers;
using System.Buffers.Text;
using System.Globalization;

namespace Herd.Engine.Tokenization;

/// <summary>Reads the lines of a tiktoken file: a token in base64, a space, its rank. Ranks are ids, from 0 without a gap.</summary>
internal static class TiktokenFile
{
    private const int MaxTokens = 1_000_000;
    private const int LongestToken = 1024;

    /// <exception cref="FormatException">The bytes are no such file.</exception>
    internal static IReadOnlyList<byte[]> Parse(ReadOnlySpan<byte> bytes)
    {
        var tokens = new List<byte[]>();
        Span<byte> token = stackalloc byte[LongestToken];
        foreach (var range in bytes.Split((byte)'\n'))
        {
            var line = bytes[range].TrimEnd((byte)'\r');
            if (line.IsEmpty)
            {
                continue;
            }

            var space = line.IndexOf((byte)' ');
            if (space < 1
                || Base64.DecodeFromUtf8(line[..space], token, out var read, out var written) != OperationStatus.Done
                || read != space
                || !int.TryParse(line[(space + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var rank))
            {
                throw new FormatException($"line {tokens.Count + 1} is no token of at most {LongestToken} bytes in base64 with its rank");
            }

            if (rank != tokens.Count || tokens.Count == MaxTokens)
            {
                throw new FormatException($"line {tokens.Count + 1} has rank {rank}, expected {tokens.Count}, and at most {MaxTokens} in all");
            }

            tokens.Add(token[..written].ToArray());
        }

        return tokens;
    }
}
