using Herd.Demo.Randomness;
using Herd.Demo.Scenes;

namespace Herd.Demo.Pictures;

/// <summary>Paints scenes: a grey ground, an object in the middle of its cell, nothing twice the same.</summary>
/// <remarks>Each pixel is the mean of 4 by 4 points. Objects never reach beyond their cells.</remarks>
internal static class ScenePainter
{
    /// <summary>Pixels of a side.</summary>
    public const int Side = 48;

    private const int CellSide = 16;
    private const int Points = 4; // of a pixel, each way
    private const int Channels = 3;
    private const double Jitter = 0.6;
    private const int ColorSpread = 10;
    private const int GroundSpread = 8;

    private static readonly Dictionary<string, int[]> Paints = new()
    {
        ["red"] = [225, 25, 25],
        ["green"] = [25, 165, 45],
        ["blue"] = [35, 60, 235],
        ["yellow"] = [245, 230, 30],
        ["white"] = [252, 252, 252],
        ["black"] = [8, 8, 8],
    };

    // Around the origin, with a radius of 1.
    private static readonly Dictionary<string, Func<double, double, bool>> Insides = new()
    {
        ["circle"] = (x, y) => (x * x) + (y * y) <= 1,
        ["square"] = (x, y) => Math.Max(Math.Abs(x), Math.Abs(y)) <= 0.92,
        ["triangle"] = (x, y) => y is >= -1 and <= 0.9 && Math.Abs(x) <= (y + 1) / 1.9,
        ["cross"] = (x, y) => Math.Min(Math.Abs(x), Math.Abs(y)) <= 0.3 && Math.Max(Math.Abs(x), Math.Abs(y)) <= 1,
    };

    /// <summary>Paints a scene.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="random">Shades, sizes and offsets.</param>
    /// <returns>[48, 48, 3], red, green, blue.</returns>
    public static byte[] Paint(Scene scene, WorldRandom random)
    {
        var grey = random.Whole(105, 155);
        var ground = Shade([grey, grey, grey], GroundSpread, random);
        var pixels = new byte[Side * Side * Channels];
        for (var at = 0; at < pixels.Length; at++)
        {
            pixels[at] = ground[at % Channels];
        }

        foreach (var thing in scene.Objects)
        {
            Paint(pixels, thing, ground, random);
        }

        return pixels;
    }

    private static void Paint(byte[] pixels, SceneObject thing, byte[] ground, WorldRandom random)
    {
        var radius = random.Between(6.6, 7.4);
        var (left, top) = (thing.Cell % 3 * CellSide, thing.Cell / 3 * CellSide);
        var (x, y) = (left + (CellSide / 2.0) + random.Between(-Jitter, Jitter), top + (CellSide / 2.0) + random.Between(-Jitter, Jitter));
        var paint = Shade(Paints[thing.Color], ColorSpread, random);
        var isInside = Insides[thing.Shape];
        for (var row = top; row < top + CellSide; row++)
        {
            for (var column = left; column < left + CellSide; column++)
            {
                var covered = Covered(isInside, radius, column - x, row - y);
                for (var channel = 0; channel < Channels; channel++)
                {
                    const int All = Points * Points;
                    pixels[(((row * Side) + column) * Channels) + channel] =
                        (byte)(((ground[channel] * (All - covered)) + (paint[channel] * covered) + (All / 2)) / All);
                }
            }
        }
    }

    /// <returns>How many points of a pixel a shape around the origin covers.</returns>
    private static int Covered(Func<double, double, bool> isInside, double radius, double left, double top)
    {
        var covered = 0;
        for (var point = 0; point < Points * Points; point++)
        {
            var (x, y) = (left + (((point % Points) + 0.5) / Points), top + (((point / Points) + 0.5) / Points));
            covered += isInside(x / radius, y / radius) ? 1 : 0;
        }

        return covered;
    }

    private static byte[] Shade(int[] color, int spread, WorldRandom random) =>
        [.. color.Select(level => (byte)Math.Clamp(level + random.Whole(-spread, spread), byte.MinValue, byte.MaxValue))];
}
