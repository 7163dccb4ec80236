namespace Herd.Contracts.Blobs;

/// <summary>What a blob is for, which decides how long it stays.</summary>
public enum BlobArea
{
    /// <summary>Uploads under way and pictures of requests: each is its request's own, removed with it, and swept after a while where it was left.</summary>
    Scratch,

    /// <summary>Components of adapter versions.</summary>
    Adapters,

    /// <summary>Pictures of durable turns.</summary>
    Pictures,

    /// <summary>Data of training jobs: each is its job's own, removed when that has ended.</summary>
    Archives,
}

/// <summary>Names bytes in the blob store. Only Herd's own code makes these: a digest from a client is never one.</summary>
/// <param name="Area">What the blob is for.</param>
/// <param name="Digest">Lower-case hexadecimal SHA-256 of the bytes.</param>
/// <param name="Length">Number of bytes.</param>
[GenerateSerializer, Immutable, Alias("herd.BlobRef")]
public sealed record BlobRef([property: Id(0)] BlobArea Area, [property: Id(1)] string Digest, [property: Id(2)] long Length)
{
    /// <summary>Tells blobs of the same bytes in <see cref="BlobArea.Scratch"/> and <see cref="BlobArea.Archives"/> apart, so that who put one may remove it. Null elsewhere: there content is stored once.</summary>
    [Id(3)]
    public string? Copy { get; init; }
}
