using System.Security.Cryptography;
using System.Text;

namespace Herd.Gateway.Keys;

/// <summary>The administrator's key, known by its hash alone.</summary>
internal sealed class AdminKey
{
    private readonly byte[] _hash;

    private AdminKey(byte[] hash)
    {
        _hash = hash;
    }

    /// <summary>The key with a given text.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The key's hash.</returns>
    public static AdminKey Of(string key) => new(Hash(key));

    /// <summary>Reads the hash from a file, or makes a key and stores its hash there.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The key, and its text where it was made now.</returns>
    /// <exception cref="InvalidDataException">The file does not hold a hash.</exception>
    public static (AdminKey Key, string? New) ReadOrCreate(string path)
    {
        if (File.Exists(path))
        {
            return (Read(path), null);
        }

        var text = "herd_admin_" + RandomNumberGenerator.GetHexString(48, lowercase: true);
        return TryStore(path, Convert.ToHexStringLower(Hash(text))) ? (Of(text), text) : (Read(path), null);
    }

    /// <summary>Whether a text is the key; takes the same time whatever the text.</summary>
    /// <param name="text">The text.</param>
    /// <returns>True where it is.</returns>
    public bool Matches(string text) => CryptographicOperations.FixedTimeEquals(Hash(text), _hash);

    private static AdminKey Read(string path)
    {
        var text = File.ReadAllText(path).Trim();
        return text.Length == 2 * SHA256.HashSizeInBytes && text.All(char.IsAsciiHexDigit)
            ? new AdminKey(Convert.FromHexString(text))
            : throw new InvalidDataException($"{path}: expected the SHA-256 of the administrator's key. Delete the file to have a new key made.");
    }

    // False where another process was faster.
    private static bool TryStore(string path, string hash)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = $"{path}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var writer = new StreamWriter(temporary, options))
        {
            writer.WriteLine(hash);
        }

        try
        {
            File.Move(temporary, path, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(temporary);
            return false;
        }
    }

    // The key is 192 random bits, or as good as the operator made it: a slow hash would add nothing but time per request.
    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
