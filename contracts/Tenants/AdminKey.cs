using System.Security.Cryptography;
using System.Text;

namespace Herd.Contracts.Tenants;

/// <summary>The administrator's key, known by its hash alone.</summary>
public sealed class AdminKey
{
    /// <summary>The environment variable with the key.</summary>
    public const string Variable = "HERD_ADMIN_KEY";

    private const string FileName = "admin-key.sha256";
    private const int MostAttempts = 100;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(20);

    private readonly byte[] _hash;

    private AdminKey(byte[] hash)
    {
        _hash = hash;
    }

    private static AdminKey? Chosen => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } key ? new AdminKey(Hash(key)) : null;

    /// <summary>The operator's choice of a key, or the one of the data folder, made now where there is none.</summary>
    /// <param name="dataFolder">The data folder.</param>
    /// <param name="cancellationToken">Stops the waiting for other processes.</param>
    /// <returns>The key, and its text where it was made now.</returns>
    /// <exception cref="InvalidDataException">The folder's file does not hold a hash.</exception>
    public static async Task<(AdminKey Key, string? New)> ChosenOrMadeAsync(string dataFolder, CancellationToken cancellationToken) =>
        Chosen is { } chosen ? (chosen, null) : await ReadOrCreateAsync(FileIn(dataFolder), cancellationToken).ConfigureAwait(false);

    /// <summary>The operator's choice of a key, or the one of the data folder; null where no gateway has made one yet.</summary>
    /// <param name="dataFolder">The data folder.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>The key.</returns>
    /// <exception cref="InvalidDataException">The folder's file does not hold a hash.</exception>
    public static async Task<AdminKey?> FindAsync(string dataFolder, CancellationToken cancellationToken)
    {
        if (Chosen is { } chosen)
        {
            return chosen;
        }

        try
        {
            var hash = await File.ReadAllTextAsync(FileIn(dataFolder), cancellationToken).ConfigureAwait(false);
            return hash.Trim() is { Length: > 0 } found ? Read(found, FileIn(dataFolder)) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // None there, one that a gateway writes at this moment, or one of another user's.
            return null;
        }
    }

    /// <summary>Reads the hash from a file, or makes a key and stores its hash there; of several processes that start at once, one does.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Stops the waiting for other processes.</param>
    /// <returns>The key, and its text where it was made now.</returns>
    /// <exception cref="InvalidDataException">The file does not hold a hash.</exception>
    public static async Task<(AdminKey Key, string? New)> ReadOrCreateAsync(string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var file = await OpenAloneAsync(path, cancellationToken).ConfigureAwait(false);
        await using var owned = file.ConfigureAwait(false);
        using var reader = new StreamReader(file);
        if ((await reader.ReadToEndAsync(cancellationToken).ConfigureAwait(false)).Trim() is { Length: > 0 } hash)
        {
            return (Read(hash, path), null);
        }

        var text = "herd_admin_" + RandomNumberGenerator.GetHexString(48, lowercase: true);
        var made = Hash(text);
        await file.WriteAsync(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(made) + '\n'), cancellationToken).ConfigureAwait(false);
        return (new AdminKey(made), text);
    }

    /// <summary>Whether a text is the key; takes the same time whatever the text.</summary>
    /// <param name="text">The text.</param>
    /// <returns>True where it is.</returns>
    public bool Matches(string text) => CryptographicOperations.FixedTimeEquals(Hash(text), _hash);

    private static string FileIn(string dataFolder) => Path.GetFullPath(Path.Combine(dataFolder, FileName));

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
                await Task.Delay(RetryDelay, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // The key is 192 random bits, or as good as the operator made it: a slow hash would add nothing but time per request.
    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
