namespace Herd.Engine.Vision;

/// <summary>The formats of pictures that are read.</summary>
internal enum PictureFormat
{
    Png,
    Jpeg,
    Webp,
    Gif,
}
