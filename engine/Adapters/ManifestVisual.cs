using Herd.Engine.Vision;

namespace Herd.Engine.Adapters;

/// <summary>The visual front end as the manifest tells it.</summary>
public sealed record ManifestVisual
{
    /// <summary>Colour order of the pictures it was trained with.</summary>
    public required ChannelOrder ChannelOrder { get; init; }

    /// <summary>Width of the image encoder's features.</summary>
    public required int ClipWidth { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Depth { get; init; }

    /// <summary>Attention heads of a block; divides <see cref="Width"/>. No tensor tells it.</summary>
    public required int Heads { get; init; }

    /// <summary>Width between the two linear maps of a block.</summary>
    public required int MlpWidth { get; init; }

    /// <summary>Width of the blocks.</summary>
    public required int Width { get; init; }
}
