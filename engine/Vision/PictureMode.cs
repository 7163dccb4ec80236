namespace Herd.Engine.Vision;

/// <summary>How the pixels of a <see cref="DecodedPicture"/> are laid out, and how they may be resized.</summary>
public enum PictureMode
{
    /// <summary>One byte a pixel.</summary>
    Grey,

    /// <summary>Two bytes a pixel: grey, alpha.</summary>
    GreyAlpha,

    /// <summary>Three bytes a pixel: red, green, blue.</summary>
    Rgb,

    /// <summary>Four bytes a pixel: red, green, blue, alpha. Alpha is not multiplied in.</summary>
    Rgba,

    /// <summary>
    /// Three bytes a pixel, expanded from a palette or from single bits. Such pictures are resized by nearest neighbour, since the
    /// official preprocessing resizes the indices.
    /// </summary>
    Indexed,
}
