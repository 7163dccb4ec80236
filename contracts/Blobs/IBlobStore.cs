namespace Herd.Contracts.Blobs;

/// <summary>Bytes named by their digest, shared by all processes. Written to a temporary name, synced, checked, renamed: never half there.</summary>
public interface IBlobStore
{
    /// <summary>Stores a stream.</summary>
    /// <param name="area">What the blob is for.</param>
    /// <param name="content">The bytes; read to the end.</param>
    /// <param name="maximumBytes">Most bytes to take; beyond it nothing is stored.</param>
    /// <param name="cancellationToken">Stops the call; nothing is stored.</param>
    /// <returns>The stored blob.</returns>
    /// <exception cref="Errors.HerdException"><see cref="Errors.HerdErrorCode.InvalidFile"/>: more than <paramref name="maximumBytes"/>.</exception>
    Task<BlobRef> PutAsync(BlobArea area, Stream content, long maximumBytes, CancellationToken cancellationToken);

    /// <summary>Opens a blob for reading.</summary>
    /// <param name="blob">The blob.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>A seekable stream, or null where the blob is gone.</returns>
    Task<Stream?> OpenAsync(BlobRef blob, CancellationToken cancellationToken);

    /// <summary>A path under which this process can read the blob as a file, or null where the blob is gone.</summary>
    /// <param name="blob">The blob.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The path; the file must not be changed.</returns>
    Task<string?> GetPathAsync(BlobRef blob, CancellationToken cancellationToken);

    /// <summary>Removes a blob; removing an absent one is no error.</summary>
    /// <param name="blob">The blob.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>A task.</returns>
    Task DeleteAsync(BlobRef blob, CancellationToken cancellationToken);

    /// <summary>Removes the blobs of <see cref="BlobArea.Scratch"/> last written before a moment, and temporary files left by a death.</summary>
    /// <param name="before">The moment.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>How many were removed.</returns>
    Task<int> SweepAsync(DateTimeOffset before, CancellationToken cancellationToken);
}
