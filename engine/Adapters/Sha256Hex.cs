using System.Buffers;
using System.Security.Cryptography;

namespace Herd.Engine.Adapters;

/// <summary>Digests as they are written: lower-case hexadecimal.</summary>
internal static class Sha256Hex
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    internal static string Of(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    internal static bool IsOne(string text) => text.Length == 2 * SHA256.HashSizeInBytes && !text.AsSpan().ContainsAnyExcept(Digits);
}
