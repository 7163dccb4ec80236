namespace Herd.Engine.Vision;

/// <summary>
/// One axis of a resize, for only those targets that survive the crop: for each of them the first source sample and the weights of the
/// samples from there on.
/// </summary>
/// <remarks>
/// Antialiased bicubic convolution (a = -1/2) in 22-bit fixed point, and nearest neighbour. Every rounding is part of the contract: the
/// pixels equal those of Pillow, which prepared the pictures the released adapters were trained on.
/// </remarks>
internal sealed class ResizeAxis
{
    public const int FractionBits = 22;
    private const double CubicSupport = 2;

    private readonly int[] _starts;
    private readonly int[][] _weights;

    private ResizeAxis(int[] starts, int[][] weights)
    {
        _starts = starts;
        _weights = weights;
    }

    public int Count => _starts.Length;

    /// <summary>The first source sample that any target needs.</summary>
    public int SourceStart => _starts[0];

    /// <summary>One past the last source sample that any target needs.</summary>
    public int SourceEnd => _starts[^1] + _weights[^1].Length;

    public int Start(int target) => _starts[target];

    public ReadOnlySpan<int> Weights(int target) => _weights[target];

    /// <summary>Bicubic weights for the targets from <paramref name="first"/> on, of <paramref name="targetSize"/> in all.</summary>
    public static ResizeAxis Bicubic(int sourceSize, long targetSize, long first, int count)
    {
        var scale = (double)sourceSize / targetSize;
        var stretch = Math.Max(scale, 1);
        var support = CubicSupport * stretch;
        var (starts, weights) = (new int[count], new int[count][]);
        for (var i = 0; i < count; i++)
        {
            var centre = (first + i + 0.5) * scale;
            var start = Math.Max((int)(centre - support + 0.5), 0);
            var end = Math.Min((int)(centre + support + 0.5), sourceSize);
            starts[i] = start;
            weights[i] = FixedPointWeights(start, end, centre, 1 / stretch);
        }

        return new ResizeAxis(starts, weights);
    }

    /// <summary>The nearest source sample for the targets from <paramref name="first"/> on, of <paramref name="targetSize"/> in all.</summary>
    public static ResizeAxis Nearest(int sourceSize, long targetSize, long first, int count)
    {
        var scale = (double)sourceSize / targetSize;
        var (starts, weights) = (new int[count], new int[count][]);

        // A running sum, not a product: where a position falls on a tie, its rounding decides.
        var position = scale / 2;
        for (long target = 0; target < first + count; target++, position += scale)
        {
            if (target >= first)
            {
                starts[target - first] = Math.Min((int)position, sourceSize - 1);
                weights[target - first] = [1 << FractionBits];
            }
        }

        return new ResizeAxis(starts, weights);
    }

    private static int[] FixedPointWeights(int start, int end, double centre, double shrink)
    {
        var exact = new double[end - start];
        var sum = 0.0;
        for (var x = 0; x < exact.Length; x++)
        {
            exact[x] = Cubic((x + start - centre + 0.5) * shrink);
            sum += exact[x];
        }

        var fixedPoint = new int[exact.Length];
        for (var x = 0; x < exact.Length; x++)
        {
            var weight = exact[x] / sum * (1 << FractionBits);
            fixedPoint[x] = (int)(weight < 0 ? weight - 0.5 : weight + 0.5);
        }

        return fixedPoint;
    }

    private static double Cubic(double x)
    {
        x = Math.Abs(x);
        return x switch
        {
            < 1 => (((1.5 * x) - 2.5) * x * x) + 1,
            < 2 => ((((x - 5) * x) + 8) * x - 4) * -0.5,
            _ => 0,
        };
    }
}
