using System.Security.Cryptography;
using System.Text;

namespace Herd.Silo.Tenants;

/// <summary>Draws, hashes and compares the secrets of API keys.</summary>
/// <remarks>Secrets carry 256 random bits, so a plain SHA-256 cannot be searched and needs no salt.</remarks>
internal static class KeySecrets
{
    private const int IdLength = 12;
    private const int SecretLength = 52;
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    // What an unknown id is compared with, so that it takes the same path as a known one.
    private static readonly byte[] NobodysHash = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);

    internal static string DrawId() => RandomNumberGenerator.GetString(Alphabet, IdLength);

    internal static string Draw() => RandomNumberGenerator.GetString(Alphabet, SecretLength);

    internal static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    internal static bool Matches(StoredKey? key, string secret, DateTimeOffset now)
    {
        var equal = CryptographicOperations.FixedTimeEquals(Hash(secret), key?.SecretHash ?? NobodysHash);
        return equal & key is { Description.RevokedAt: null } & !(key?.Description.ExpiresAt <= now);
    }
}
