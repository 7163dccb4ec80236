using System.Security.Cryptography;
using System.Text;

namespace Herd.Gateway.Keys;

/// <summary>The administrator's key, known by its hash alone.</summary>
internal sealed class AdminKey
{
    private const int MostAttempts = 100;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(20);

    private readonly byte[] _hash;

    private AdminKey(byte[] hash)
    {
        _hash = hash;
    }

    /// <summary>The key with a given text.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The key's hash.</returns>
    public static AdminKey Of(string key) => new(Hash(key));

    /// <summary>Reads the hash from a file, or makes a key and stores its hash there; of several processes that start at once, one does.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Stops the waiting for other processes.</param>
    /// <returns>The key, and its text where it was made now.</returns>
    /// <exception cref="InvalidDataException">The file does not hold a hash.</exception>
    public static async Task<(AdminKey Key, string? New)> ReadOrCreateAsync(string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await using var file = await OpenAloneAsync(path, cancellationToken);
        using var reader = new StreamReader(file);
        if ((await reader.ReadToEndAsync(cancellationToken)).Trim() is { Length: > 0 } hash)
        {
            return (Read(hash, path), null);
        }

        var text = "herd_admin_" + RandomNumberGenerator.GetHexString(48, lowercase: true);
        await using var writer = new StreamWriter(file);
        await writer.WriteLineAsync(Convert.ToHexStringLower(Hash(text)));
        return (Of(text), text);
    }

    /// <summary>Whether a text is the key; takes the same time whatever the text.</summary>
    /// <param name="text">The text.</param>
    /// <returns>True where it is.</returns>
    public bool Matches(string text) => CryptographicOperations.FixedTimeEquals(Hash(text), _hash);

    private static AdminKey Read(string hash, string path) => hash.Length == 2 * SHA256.HashSizeInBytes && hash.All(char.IsAsciiHexDigit)
        ? new AdminKey(Convert.FromHexString(hash))
        : throw new InvalidDataException($"{path}: expected the SHA-256 of the administrator's key. Delete the file to have a new key made.");

    private static async Task<FileStream> OpenAloneAsync(string path, CancellationToken cancellationToken)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return new FileStream(path, options);
            }
            catch (IOException) when (attempt < MostAttempts)
            {
                await Task.Delay(RetryDelay, cancellationToken);
            }
        }
    }

    // The key is 192 random bits, or as good as the operator made it: a slow hash would add nothing but time per request.
    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
