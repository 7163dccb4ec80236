using System.Security.Cryptography;
using Herd.Engine.Checkpoints;

namespace Herd.Engine.Bases;

/// <summary>Digests of files.</summary>
internal static class FileDigest
{
    private static readonly FileStreamOptions Sequential = new()
    {
        BufferSize = 1 << 20,
        Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
    };

    /// <summary>Takes the digest of a file from the cache, or reads the file and remembers it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cache">What is known; null for nothing.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>Its SHA-256, 32 bytes.</returns>
    /// <exception cref="CheckpointException">The file cannot be read.</exception>
    public static async Task<byte[]> OfAsync(string path, FileDigestCache? cache, CancellationToken cancellationToken)
    {
        try
        {
            var before = FileStamp.Of(path);
            if (cache?.Find(before) is { } known)
            {
                return known;
            }

            var file = new FileStream(path, Sequential);
            await using (file.ConfigureAwait(false))
            {
                var digest = await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false);
                if (FileStamp.Of(path) == before)
                {
                    cache?.Add(before, digest);
                }

                return digest;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, null, "a readable file", error.Message.TrimEnd('.'), "Check the file and its rights.", error);
        }
    }
}
