namespace Herd.Engine.Vision;

/// <summary>In which order an adapter expects the colours of a picture.</summary>
public enum ChannelOrder
{
    /// <summary>Red, green, blue: what the encoder was trained on, and the default.</summary>
    Rgb,

    /// <summary>Blue, green, red in the place of red, green, blue: what the released adapters were trained and evaluated with.</summary>
    Bgr,
}
