using CsCheck;
using Herd.Engine.Vision;
using Xunit;

namespace Herd.Engine.Tests.Vision;

public sealed class ClipPreprocessorTests
{
    private static readonly Gen<DecodedPicture> Pictures =
        from width in Gen.Int[1, 40]
        from height in Gen.Int[1, 40]
        from mode in Gen.Enum<PictureMode>()
        from pixels in Gen.Byte.Array[width * height * DecodedPicture.ChannelsOf(mode)]
        select new DecodedPicture(width, height, mode, pixels);

    [Fact]
    public void Resize_gives_the_pixels_that_a_whole_resize_and_a_crop_would_give()
    {
        (from picture in Pictures from size in Gen.Int[1, 30] select (picture, size)).Sample((picture, size) =>
        {
            var shortSide = Math.Min(picture.Width, picture.Height);
            var (width, height) = ((int)((double)size * picture.Width / shortSide), (int)((double)size * picture.Height / shortSide));
            Func<int, long, long, int, ResizeAxis> axis = picture.Mode == PictureMode.Indexed ? ResizeAxis.Nearest : ResizeAxis.Bicubic;
            var whole = SquareResizer.Resize(
                picture,
                axis(picture.Width, width, 0, width),
                axis(picture.Height, height, 0, height),
                premultiply: shortSide != size && picture.Mode is PictureMode.GreyAlpha or PictureMode.Rgba);
            var (left, top) = ((int)Math.Round((width - size) / 2.0), (int)Math.Round((height - size) / 2.0));

            var kept = ClipPreprocessor.Resize(picture, size);

            for (var i = 0; i < kept.Length; i++)
            {
                var (row, column, channel) = (i / 3 / size, i / 3 % size, picture.Channels < 3 ? 0 : i % 3);
                Assert.Equal(whole[((((row + top) * width) + column + left) * picture.Channels) + channel], kept[i]);
            }
        });
    }

    [Fact]
    public void Resize_of_one_colour_keeps_the_colour()
    {
        Gen.Select(Gen.Int[1, 300], Gen.Int[1, 300], Gen.Int[1, 60], Gen.Byte)
            .Sample((width, height, size, grey) =>
            {
                var pixels = new byte[width * height];
                Array.Fill(pixels, grey);

                var square = ClipPreprocessor.Resize(new DecodedPicture(width, height, PictureMode.Grey, pixels), size);

                Assert.Equal(size * size * 3, square.Length);
                Assert.All(square, level => Assert.Equal(grey, level));
            });
    }

    [Fact]
    public void Resize_of_a_square_of_the_right_size_changes_nothing_but_the_layout()
    {
        byte[] faint = [200, 100, 50, 3, 9, 8, 7, 0, 1, 2, 3, 255, 90, 80, 70, 128];

        Assert.Equal([200, 100, 50, 9, 8, 7, 1, 2, 3, 90, 80, 70], ClipPreprocessor.Resize(new DecodedPicture(2, 2, PictureMode.Rgba, faint), 2));
    }

    [Fact]
    public void Resize_of_an_indexed_picture_invents_no_colours()
    {
        byte[] pixels = [.. Enumerable.Range(0, 31 * 17).SelectMany(i => i % 3 == 0 ? new byte[] { 255, 0, 0 } : [0, 0, 255])];

        var square = ClipPreprocessor.Resize(new DecodedPicture(31, 17, PictureMode.Indexed, pixels), 23);

        Assert.All(square.Chunk(3), pixel => Assert.Contains(pixel, new byte[][] { [255, 0, 0], [0, 0, 255] }));
    }

    [Fact]
    public void Resize_of_transparent_pixels_keeps_their_colour_out_of_their_neighbours()
    {
        byte[] pixels = [.. Enumerable.Range(0, 16 * 16).SelectMany(i => i % 16 < 8 ? new byte[] { 10, 200, 10, 255 } : [255, 0, 255, 0])];

        var square = ClipPreprocessor.Resize(new DecodedPicture(16, 16, PictureMode.Rgba, pixels), 8);

        // The last opaque column lies within the filter's reach of the magenta; one level is lost to rounding.
        Assert.All([9, 11], i => Assert.InRange(square[i], 9, 10));
    }

    [Fact]
    public void ToTensor_of_bgr_order_normalises_blue_as_if_it_were_red()
    {
        byte[] pixels = [10, 20, 30];
        byte[] swapped = [30, 20, 10];
        using var bgr = ClipPreprocessor.ToTensor(pixels, 1, ChannelOrder.Bgr);
        using var rgb = ClipPreprocessor.ToTensor(swapped, 1, ChannelOrder.Rgb);

        Assert.Equal([3, 1, 1], bgr.shape);
        Assert.Equal(rgb.data<float>().ToArray(), bgr.data<float>().ToArray());
    }

    [Fact]
    public void ToTensor_of_the_wrong_number_of_pixels_is_refused()
    {
        Assert.Throws<ArgumentException>(() => ClipPreprocessor.ToTensor(new byte[12], 3, ChannelOrder.Rgb));
    }
}
