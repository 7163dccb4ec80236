using CsCheck;
using Herd.Engine.Tests.Execution;
using Herd.Engine.Training.Data;
using Herd.Engine.Training.Data.Pictures;
using Herd.Engine.Vision;
using Herd.Testing;
using Xunit;

namespace Herd.Engine.Tests.Training.Data;

public sealed class RowPictureTests
{
    private const string Picture = "rgb_96x71.png";

    [Theory]
    [InlineData(ChannelOrder.Rgb)]
    [InlineData(ChannelOrder.Bgr)]
    public void Picture_IsPreparedAsTheServerDoesIt(ChannelOrder order)
    {
        using var folder = new TestFolder();
        using var examples = Captions(folder, Picture).Open(new ExampleOptions { ChannelOrder = order });
        using var expected = ClipPreprocessor.ToTensor(
            ClipPreprocessor.Resize(PictureDecoder.Decode(TinyModel.Pictures[Picture], PictureLimits.Default), DataSketch.Side), DataSketch.Side, order);

        var picture = examples.Next().Picture!;

        Assert.Equal(expected.data<float>(), picture.Pixels);
        Assert.Equal(picture.Key, examples.Next().Picture!.Key);
    }

    [Fact]
    public void Key_NamesThePixelsNotThePath()
    {
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder.In("pictures", "deep"));
        File.Copy(TinyModel.Golden("images", Picture), folder.In("pictures", "one.png"));
        File.Copy(TinyModel.Golden("images", Picture), folder.In("pictures", "deep", "two.png"));
        string Key(string name, ChannelOrder order)
        {
            using var examples = (Captions(folder, name) with { Pictures = folder.In("pictures") }).Open(new ExampleOptions { ChannelOrder = order });
            return examples.Next().Picture!.Key!;
        }

        Assert.Equal(Key("one.png", ChannelOrder.Rgb), Key("deep/two.png", ChannelOrder.Rgb));
        Assert.NotEqual(Key("one.png", ChannelOrder.Rgb), Key("one.png", ChannelOrder.Bgr));
    }

    [Fact]
    public void CutPicture_IsCutAnewInEachPassAndHasNoKey()
    {
        using var folder = new TestFolder();
        using var examples = Captions(folder, Picture).Open(new ExampleOptions { CutsPictures = true });

        var (first, second) = (examples.Next().Picture!, examples.Next().Picture!);

        Assert.Null(first.Key);
        Assert.NotEqual(first.Pixels, second.Pixels);
        examples.Position = new ExamplePosition(0, 0);
        Assert.Equal(first.Pixels, examples.Next().Picture!.Pixels);
    }

    [Fact]
    public void RandomCrop_OfAnyPicture_LiesWithinIt()
    {
        Gen.Select(Gen.Int[1, 400], Gen.Int[1, 400], Gen.Long).Sample((width, height, seed) =>
        {
            var (left, top, columns, rows) = RandomCrop.Of(width, height, new RowRandom(seed, 0, 0));
            Assert.True(left >= 0 && top >= 0 && columns >= 1 && rows >= 1 && left + columns <= width && top + rows <= height);
            if (width > 100 && height > 100 && Math.Max(width, height) * 10 < Math.Min(width, height) * 12)
            {
                Assert.InRange((double)columns * rows / width / height, 0.88, 1);
            }
        });
    }

    [Fact]
    public void ResizePart_OfTheWholeSquare_IsWhatResizeGives()
    {
        var picture = PictureDecoder.Decode(TinyModel.Pictures["rgba_60x75.png"], PictureLimits.Default);
        var square = picture.Part(3, 7, 50, 50);

        Assert.Equal(ClipPreprocessor.Resize(square, DataSketch.Side), ClipPreprocessor.ResizePart(picture, 3, 7, 50, 50, DataSketch.Side));
        Assert.Throws<ArgumentOutOfRangeException>(() => ClipPreprocessor.ResizePart(picture, 30, 0, 31, 10, DataSketch.Side));
    }

    [Theory]
    [InlineData("/etc/hostname")]
    [InlineData("../secret.png")]
    [InlineData("deep/../../secret.png")]
    [InlineData("deep/../one.png")]
    [InlineData("deep\\one.png")]
    [InlineData("linked.png")]
    [InlineData("linked/secret.png")]
    [InlineData("deep")]
    [InlineData("")]
    [InlineData("empty.png")]
    [InlineData("text.png")]
    public void PathThatLeadsElsewhere_OrToNoPicture_MakesItsRowBad(string name)
    {
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder.In("pictures", "deep"));
        File.Copy(TinyModel.Golden("images", Picture), folder.In("secret.png"));
        File.Copy(TinyModel.Golden("images", Picture), folder.In("pictures", "one.png"));
        File.CreateSymbolicLink(folder.In("pictures", "linked.png"), folder.In("secret.png"));
        Directory.CreateSymbolicLink(folder.In("pictures", "linked"), folder.Path);
        File.WriteAllText(folder.In("pictures", "empty.png"), "");
        File.WriteAllText(folder.In("pictures", "text.png"), "no picture");
        using var examples = (Captions(folder, name, "one.png") with { Pictures = folder.In("pictures") }).Open();

        examples.Take(4);

        Assert.Equal((1, RowFault.Picture), ((int)examples.Report.BadRows, examples.Report.Told[0].Fault));
        Assert.Equal(1, examples.Report.Told[0].Line);
    }

    [Theory]
    [InlineData(300)]
    [InlineData(9000)]
    public void PathLongerThanAFileSystemTakes_MakesItsRowBad(int length)
    {
        using var folder = new TestFolder();
        using var examples = Captions(folder, new string('a', length), Picture).Open();

        examples.Take(3);

        Assert.Equal((1, RowFault.Picture), ((int)examples.Report.BadRows, examples.Report.Told[0].Fault));
    }

    [Fact]
    public void Picture_OverALimit_OrForAModelThatSeesNone_MakesItsRowBad()
    {
        using var folder = new TestFolder();
        var source = Captions(folder, Picture);
        using var limited = source.Open(new ExampleOptions { PictureLimits = new PictureLimits { MaxPixels = 100 } });
        using var blind = source.Open(side: null);

        Assert.Contains("pixels", Assert.Throws<Herd.Engine.Checkpoints.CheckpointException>(limited.Next).Message);
        Assert.Contains("takes none", Assert.Throws<Herd.Engine.Checkpoints.CheckpointException>(blind.Next).Message);
    }

    private static DataSource Captions(TestFolder folder, params string[] pictures) =>
        DataSketch.Write(folder, "rows.tsv", string.Concat(pictures.Select(picture => $"{picture}\tA caption.\n")));
}
