using System.Buffers;
using System.Security.Cryptography;
using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;

namespace Herd.Contracts.Blobs;

/// <summary>A blob store in a folder that all processes of the cluster see: one folder per area, files named by their digest.</summary>
public sealed class FolderBlobStore : IBlobStore
{
    private const string TemporaryFolder = "incoming";
    private const int BufferBytes = 256 * 1024;

    private readonly string _root;

    /// <summary>Opens a store, and makes its folders where they are missing.</summary>
    /// <param name="root">The folder.</param>
    public FolderBlobStore(string root)
    {
        _root = Path.GetFullPath(root);
        foreach (var area in Enum.GetValues<BlobArea>())
        {
            Directory.CreateDirectory(FolderOf(area));
        }

        Directory.CreateDirectory(Path.Combine(_root, TemporaryFolder));
        DurableFolder.Flush(_root);
    }

    /// <inheritdoc/>
    public async Task<BlobRef> PutAsync(BlobArea area, Stream content, long maximumBytes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);

        // Known content takes the same path and time as new content: the file is written again and renamed over the old one.
        var temporary = Path.Combine(_root, TemporaryFolder, Guid.NewGuid().ToString("N"));
        try
        {
            var blob = await WriteAsync(area, content, temporary, maximumBytes, cancellationToken).ConfigureAwait(false);
            await Task.Run(() => Publish(temporary, blob), cancellationToken).ConfigureAwait(false);
            return blob;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <inheritdoc/>
    public Task<Stream?> OpenAsync(BlobRef blob, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(blob);
        return Task.Run<Stream?>(
            () =>
            {
                try
                {
                    return new FileStream(PathOf(blob), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, BufferBytes, useAsync: true);
                }
                catch (FileNotFoundException)
                {
                    return null;
                }
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<string?> GetPathAsync(BlobRef blob, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(blob);
        var path = PathOf(blob);
        return Task.Run(() => File.Exists(path) ? path : null, cancellationToken);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(BlobRef blob, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(blob);
        return Task.Run(() => File.Delete(PathOf(blob)), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<int> SweepAsync(DateTimeOffset before, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            var removed = 0;
            foreach (var folder in new[] { FolderOf(BlobArea.Scratch), Path.Combine(_root, TemporaryFolder) })
            {
                foreach (var file in new DirectoryInfo(folder).EnumerateFiles().Where(file => file.LastWriteTimeUtc < before.UtcDateTime))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    file.Delete();
                    removed++;
                }
            }

            return removed;
        },
        cancellationToken);

    private static async Task<BlobRef> WriteAsync(BlobArea area, Stream content, string path, long maximumBytes, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
            var length = 0L;
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                length += read;
                if (length > maximumBytes)
                {
                    throw new HerdException(HerdErrorCode.InvalidFile, $"The upload is larger than the {maximumBytes} bytes allowed.") { Limit = LimitNames.UploadBytes };
                }

                hash.AppendData(buffer, 0, read);
                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            }

            await Task.Run(() => file.Flush(flushToDisk: true), cancellationToken).ConfigureAwait(false);
            return new BlobRef(area, Convert.ToHexStringLower(hash.GetHashAndReset()), length)
            {
                Copy = area is BlobArea.Scratch or BlobArea.Archives ? Guid.NewGuid().ToString("N") : null,
            };
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Publish(string temporary, BlobRef blob)
    {
        File.Move(temporary, PathOf(blob), overwrite: true);
        DurableFolder.Flush(FolderOf(blob.Area));
    }

    private string FolderOf(BlobArea area) => Path.Combine(_root, area.ToString().ToLowerInvariant());

    private string PathOf(BlobRef blob) => Path.Combine(FolderOf(blob.Area), blob.Copy is { } copy ? $"{blob.Digest}-{copy}" : blob.Digest);
}
