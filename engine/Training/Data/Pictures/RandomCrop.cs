namespace Herd.Engine.Training.Data.Pictures;

/// <summary>A part of a picture, chosen by chance: 0.9 to 1 of its area, 3/4 to 4/3 as wide as high.</summary>
/// <remarks>
/// The official training's augmentation. The ratio is uniform in its logarithm. Where ten tries do not fit into the picture, the largest central part within
/// the ratios is taken. There is no mirroring: answers speak of left and right.
/// </remarks>
/// <param name="Left">First column.</param>
/// <param name="Top">First row.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
internal readonly record struct RandomCrop(int Left, int Top, int Width, int Height)
{
    private const double LeastArea = 0.9;
    private const double LeastRatio = 3.0 / 4;
    private const double MostRatio = 4.0 / 3;
    private const int Tries = 10;

    public static RandomCrop Of(int width, int height, RowRandom random)
    {
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            var area = (double)width * height * random.Between(LeastArea, 1);
            var ratio = Math.Exp(random.Between(Math.Log(LeastRatio), Math.Log(MostRatio)));
            var (columns, rows) = ((int)Math.Round(Math.Sqrt(area * ratio)), (int)Math.Round(Math.Sqrt(area / ratio)));
            if (columns >= 1 && columns <= width && rows >= 1 && rows <= height)
            {
                return new RandomCrop(random.Below(width - columns + 1), random.Below(height - rows + 1), columns, rows);
            }
        }

        return Central(width, height);
    }

    private static RandomCrop Central(int width, int height)
    {
        var columns = Math.Clamp((int)Math.Round(height * MostRatio), 1, width);
        var rows = Math.Clamp((int)Math.Round(width / LeastRatio), 1, height);
        return new RandomCrop((width - columns) / 2, (height - rows) / 2, columns, rows);
    }
}
