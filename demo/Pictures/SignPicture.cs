using Herd.Demo.Randomness;
using Herd.Engine.Vision;

namespace Herd.Demo.Pictures;

/// <summary>Pictures with words on them, drawn with a pen: no machine has to have a font.</summary>
public static class SignPicture
{
    private const int Advance = 9;
    private const int LineHeight = 15;
    private const int Margin = 6;
    private const double Pen = 0.9;

    // Each letter's strokes on a grid of 7 by 10, each point two digits: column, row.
    private static readonly Dictionary<char, string> Letters = new()
    {
        [' '] = "",
        ['A'] = "09 30 69|16 56",
        ['B'] = "00 40 51 53 44 04|44 56 57 49 09 00",
        ['C'] = "62 40 20 02 07 29 49 67",
        ['D'] = "00 40 62 67 49 09 00",
        ['E'] = "60 00 09 69|04 54",
        ['F'] = "60 00 09|04 54",
        ['G'] = "62 40 20 02 07 29 49 67 65 45",
        ['H'] = "00 09|60 69|04 64",
        ['I'] = "30 39",
        ['J'] = "50 57 39 29 07",
        ['K'] = "00 09|60 04|24 69",
        ['L'] = "00 09 69",
        ['M'] = "09 00 35 60 69",
        ['N'] = "09 00 69 60",
        ['O'] = "20 40 62 67 49 29 07 02 20",
        ['P'] = "09 00 40 62 63 45 05",
        ['Q'] = "20 40 62 67 49 29 07 02 20|46 69",
        ['R'] = "09 00 40 62 63 45 05|35 69",
        ['S'] = "62 40 20 02 03 24 44 66 67 49 29 07",
        ['T'] = "00 60|30 39",
        ['U'] = "00 07 29 49 67 60",
        ['V'] = "00 39 60",
        ['W'] = "00 19 33 59 60",
        ['X'] = "00 69|60 09",
        ['Y'] = "00 34 60|34 39",
        ['Z'] = "00 60 09 69",
        ['#'] = "21 18|51 48|03 63|06 66",
        [':'] = "33 33|37 37",
        ['['] = "50 20 29 59",
        [']'] = "10 40 49 19",
    };

    /// <summary>Pixels of a step of the letters' grid, at which they are easy to read: 30 for a letter's height.</summary>
    internal const double Clear = 3;

    /// <summary>Draws words.</summary>
    /// <param name="unit">Pixels of one step of the letters' grid; a letter is ten steps high.</param>
    /// <param name="lines">The words, in capital letters.</param>
    /// <returns>A PNG file, black on white.</returns>
    public static byte[] Draw(double unit, params string[] lines) => ToPng(Paint(unit, lines));

    /// <summary>Draws words on a sign that has seen better days.</summary>
    /// <param name="unit">Pixels of one step of the letters' grid.</param>
    /// <param name="wear">How much of a pixel is noise, 0 to 1.</param>
    /// <param name="random">The noise.</param>
    /// <param name="text">The words, in capital letters.</param>
    /// <returns>A PNG file.</returns>
    internal static byte[] DrawWorn(double unit, double wear, WorldRandom random, string text)
    {
        var (width, height, pixels) = Paint(unit, text);
        return ToPng((width, height, [.. pixels.Select(pixel => (byte)((pixel * (1 - wear)) + (random.Below(byte.MaxValue + 1) * wear)))]));
    }

    private static byte[] ToPng((int Width, int Height, byte[] Pixels) sign) =>
        PictureEncoder.ToPng(PictureEncoder.Flatten(new DecodedPicture(sign.Width, sign.Height, PictureMode.Grey, sign.Pixels), int.MaxValue), leastSide: 0);

    private static (int Width, int Height, byte[] Pixels) Paint(double unit, params string[] lines)
    {
        var width = (int)(unit * ((lines.Max(line => line.Length) * Advance) + (2 * Margin)));
        var height = (int)(unit * ((lines.Length * LineHeight) + (2 * Margin)));
        var pixels = new byte[width * height];
        Array.Fill(pixels, byte.MaxValue);
        for (var row = 0; row < lines.Length; row++)
        {
            for (var column = 0; column < lines[row].Length; column++)
            {
                foreach (var (from, to) in Strokes(lines[row][column]))
                {
                    var origin = (X: Margin + (column * Advance), Y: Margin + (row * LineHeight));
                    Stroke(pixels, width, (origin.X + from.X, origin.Y + from.Y), (origin.X + to.X, origin.Y + to.Y), unit);
                }
            }
        }

        return (width, height, pixels);
    }

    private static IEnumerable<((int X, int Y) From, (int X, int Y) To)> Strokes(char letter)
    {
        foreach (var stroke in Letters[letter].Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            var points = stroke.Split(' ').Select(point => (X: point[0] - '0', Y: point[1] - '0')).ToArray();
            for (var i = 1; i < points.Length; i++)
            {
                yield return (points[i - 1], points[i]);
            }
        }
    }

    private static void Stroke(byte[] pixels, int width, (int X, int Y) from, (int X, int Y) to, double unit)
    {
        for (var y = (int)((Math.Min(from.Y, to.Y) - 1) * unit); y < (Math.Max(from.Y, to.Y) + 1) * unit; y++)
        {
            for (var x = (int)((Math.Min(from.X, to.X) - 1) * unit); x < (Math.Max(from.X, to.X) + 1) * unit; x++)
            {
                var ink = Math.Clamp(((Pen - Distance((x + 0.5) / unit, (y + 0.5) / unit, from, to)) * unit) + 0.5, 0, 1);
                ref var pixel = ref pixels[(y * width) + x];
                pixel = (byte)Math.Min(pixel, byte.MaxValue * (1 - ink));
            }
        }
    }

    private static double Distance(double x, double y, (int X, int Y) from, (int X, int Y) to)
    {
        var (dx, dy) = (to.X - from.X, to.Y - from.Y);
        var along = dx == 0 && dy == 0 ? 0 : Math.Clamp((((x - from.X) * dx) + ((y - from.Y) * dy)) / ((dx * dx) + (dy * dy)), 0, 1);
        return double.Hypot(x - from.X - (along * dx), y - from.Y - (along * dy));
    }
}
