using Herd.Demo.Randomness;
using Herd.Demo.Scenes;
using Herd.Engine.Training.Data;
using Herd.Engine.Vision;

namespace Herd.Demo.Pictures;

/// <summary>A painted scene.</summary>
public sealed class WorldPicture
{
    /// <summary>Pixels of a side.</summary>
    public const int Side = ScenePainter.Side;

    internal WorldPicture(string key, Scene scene, WorldRandom random)
    {
        Key = key;
        Scene = scene;
        Pixels = ScenePainter.Paint(scene, random);
    }

    /// <summary>Names the pixels.</summary>
    public string Key { get; }

    /// <summary>What it shows.</summary>
    public Scene Scene { get; }

    /// <summary>[48, 48, 3], red, green, blue.</summary>
    public IReadOnlyList<byte> Rgb => Pixels;

    internal byte[] Pixels { get; }

    /// <summary>The picture as a file.</summary>
    /// <returns>A PNG file.</returns>
    public byte[] ToPng() => PictureEncoder.ToPng(new DecodedPicture(Side, Side, PictureMode.Rgb, Pixels), leastSide: 0);

    /// <summary>The picture as the image encoder takes it: it has the encoder's size and is only normalised.</summary>
    /// <returns>The picture, [3, 48, 48].</returns>
    public TrainingPicture ToTraining()
    {
        using var tensor = ClipPreprocessor.ToTensor(Pixels, Side, ChannelOrder.Rgb);
        return new TrainingPicture(Key, tensor.data<float>().ToArray());
    }
}
