using Herd.Engine.Vision;
using Xunit;

namespace Herd.Engine.Tests.Vision;

public sealed class PictureEncoderTests
{
    [Theory]
    [InlineData(PictureMode.Grey, new byte[] { 7 }, new byte[] { 7, 7, 7 })]
    [InlineData(PictureMode.GreyAlpha, new byte[] { 0, 255 }, new byte[] { 0, 0, 0 })]
    [InlineData(PictureMode.GreyAlpha, new byte[] { 0, 0 }, new byte[] { 255, 255, 255 })]
    [InlineData(PictureMode.Rgb, new byte[] { 1, 2, 3 }, new byte[] { 1, 2, 3 })]
    [InlineData(PictureMode.Indexed, new byte[] { 1, 2, 3 }, new byte[] { 1, 2, 3 })]
    [InlineData(PictureMode.Rgba, new byte[] { 10, 20, 30, 255 }, new byte[] { 10, 20, 30 })]
    [InlineData(PictureMode.Rgba, new byte[] { 255, 0, 0, 51 }, new byte[] { 255, 204, 204 })]
    public void Flatten_OfAnyMode_IsColourOnWhite(PictureMode mode, byte[] pixel, byte[] expected)
    {
        var flat = PictureEncoder.Flatten(new DecodedPicture(1, 1, mode, pixel), maxPixels: 1);

        Assert.Equal(PictureMode.Rgb, flat.Mode);
        Assert.Equal(expected, flat.Pixels.ToArray());
    }

    [Fact]
    public void ToPng_AndDecodedAgain_IsTheSamePicture()
    {
        var pixels = Enumerable.Range(0, 5 * 4 * 3).Select(value => (byte)(value * 4)).ToArray();

        var again = PictureDecoder.Decode(PictureEncoder.ToPng(new DecodedPicture(5, 4, PictureMode.Rgb, pixels), leastSide: 0), PictureLimits.Default);

        Assert.Equal((5, 4, PictureMode.Rgb), (again.Width, again.Height, again.Mode));
        Assert.Equal(pixels, again.Pixels.ToArray());
    }

    [Theory]
    [InlineData(10, 5, 40, 40, 20)]
    [InlineData(10, 5, 1000, 80, 40)]
    [InlineData(50, 20, 40, 50, 20)]
    public void ToPng_OfASmallPicture_IsEnlargedToAPoint(int width, int height, int leastSide, int expectedWidth, int expectedHeight)
    {
        var picture = new DecodedPicture(width, height, PictureMode.Rgb, new byte[width * height * 3]);

        var again = PictureDecoder.Decode(PictureEncoder.ToPng(picture, leastSide), PictureLimits.Default);

        Assert.Equal((expectedWidth, expectedHeight), (again.Width, again.Height));
    }

    [Fact]
    public void Flatten_OfALargePicture_HasFewPixelsAndItsShape()
    {
        var flat = PictureEncoder.Flatten(new DecodedPicture(400, 100, PictureMode.Grey, new byte[40_000]), maxPixels: 10_000);

        Assert.Equal((200, 50), (flat.Width, flat.Height));
    }
}
