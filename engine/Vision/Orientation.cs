namespace Herd.Engine.Vision;

/// <summary>How a picture must be turned to be seen as it was taken; the values are EXIF's.</summary>
internal enum Orientation
{
    Upright = 1,
    MirroredSideways = 2,
    UpsideDown = 3,
    MirroredUpsideDown = 4,
    Transposed = 5,
    TurnedClockwise = 6,
    Transversed = 7,
    TurnedCounterclockwise = 8,
}

/// <summary>Turns pixels.</summary>
internal static class OrientationExtensions
{
    /// <summary>The picture as it is to be seen.</summary>
    /// <param name="orientation">How it is stored.</param>
    /// <param name="picture">The stored picture.</param>
    /// <returns>The same where nothing is to be turned.</returns>
    public static DecodedPicture Apply(this Orientation orientation, DecodedPicture picture)
    {
        if (orientation == Orientation.Upright)
        {
            return picture;
        }

        var swapped = orientation >= Orientation.Transposed;
        var (width, height, channels) = (swapped ? picture.Height : picture.Width, swapped ? picture.Width : picture.Height, picture.Channels);
        var source = picture.Pixels.Span;
        var target = new byte[source.Length];
        for (var (y, to) = (0, 0); y < height; y++)
        {
            for (var x = 0; x < width; x++, to += channels)
            {
                var (column, row) = Stored(orientation, x, y, picture.Width - 1, picture.Height - 1);
                source.Slice(((row * picture.Width) + column) * channels, channels).CopyTo(target.AsSpan(to));
            }
        }

        return new DecodedPicture(width, height, picture.Mode, target);
    }

    /// <summary>Where a pixel that is seen at (x, y) is stored.</summary>
    private static (int Column, int Row) Stored(Orientation orientation, int x, int y, int right, int bottom) => orientation switch
    {
        Orientation.MirroredSideways => (right - x, y),
        Orientation.UpsideDown => (right - x, bottom - y),
        Orientation.MirroredUpsideDown => (x, bottom - y),
        Orientation.Transposed => (y, x),
        Orientation.TurnedClockwise => (y, bottom - x),
        Orientation.Transversed => (right - y, bottom - x),
        Orientation.TurnedCounterclockwise => (right - y, x),
        _ => (x, y),
    };
}
