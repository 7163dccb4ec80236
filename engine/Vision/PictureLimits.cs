namespace Herd.Engine.Vision;

/// <summary>What a picture may cost. All limits are checked from its header, before any pixel is decoded.</summary>
public sealed record PictureLimits
{
    /// <summary>The limits used unless others are given.</summary>
    public static PictureLimits Default { get; } = new();

    /// <summary>Largest picture file, in bytes.</summary>
    /// <value>Default 10 MiB.</value>
    public int MaxBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>Largest width times height, in pixels.</summary>
    /// <value>Default 40 million.</value>
    public long MaxPixels { get; init; } = 40_000_000;

    /// <summary>Largest ratio of the long side to the short side.</summary>
    /// <value>Default 1,000. Resizing scales the short side up to the encoder's size and the long side with it.</value>
    public int MaxAspectRatio { get; init; } = 1_000;
}
