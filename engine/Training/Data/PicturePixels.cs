using static TorchSharp.torch;

namespace Herd.Engine.Training.Data;

/// <summary>Pictures side by side in one tensor.</summary>
internal static class PicturePixels
{
    private const int Colours = 3;

    /// <summary>Copies pictures into a tensor; all zeros stand for none.</summary>
    /// <param name="pictures">The pictures, all of the same side.</param>
    /// <param name="side">Their side.</param>
    /// <param name="device">The device.</param>
    /// <returns>[pictures, 3, side, side], Float32; belongs to the caller's scope.</returns>
    public static Tensor Stack(IReadOnlyList<TrainingPicture?> pictures, int side, Device device)
    {
        var size = Colours * side * side;
        var pixels = new float[pictures.Count * size];
        for (var index = 0; index < pictures.Count; index++)
        {
            pictures[index]?.Pixels.CopyTo(pixels, index * size);
        }

        return tensor(pixels, [pictures.Count, Colours, side, side], device: device);
    }
}
