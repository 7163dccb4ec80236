using Herd.Demo.Pictures;
using Herd.Demo.Randomness;
using Herd.Demo.Scenes;
using Herd.Demo.Words;
using Herd.Engine.Vision;
using Xunit;

namespace Herd.Demo.Tests.Pictures;

/// <summary>Painted scenes.</summary>
public sealed class WorldPictureTests
{
    private const int Cell = 16;

    public static TheoryData<string, string> Things => new(WorldWords.Colors.SelectMany(color => WorldWords.Shapes.Select(shape => (color, shape))));

    [Theory]
    [MemberData(nameof(Things))]
    public void Rgb_OfAnObject_ChangesItsCellAlone(string color, string shape)
    {
        var picture = Paint(new SceneObject(5, color, shape), row: 3);
        var changed = Enumerable.Range(0, WorldPicture.Side * WorldPicture.Side).Where(pixel => !Same(picture, pixel, 0)).ToArray();

        Assert.All(changed, pixel => Assert.Equal((2, 1), (pixel % WorldPicture.Side / Cell, pixel / WorldPicture.Side / Cell)));
        Assert.InRange(changed.Length, 70, 240);
    }

    [Fact]
    public void Rgb_OfShapes_CoverWhatGeometrySays()
    {
        int Inked(string shape) => Enumerable.Range(0, 50).Sum(row => Ink(Paint(new SceneObject(4, "black", shape), row))) / 50;
        var radius = 7.0;

        Assert.Equal(Math.PI * radius * radius, Inked("circle"), 8.0);
        Assert.Equal(4 * 0.92 * 0.92 * radius * radius, Inked("square"), 8.0);
        Assert.Equal(1.9 * radius * radius, Inked("triangle"), 8.0);
        Assert.Equal(((2 * 2 * 0.6) - 0.36) * radius * radius, Inked("cross"), 8.0);
    }

    [Fact]
    public void ToPng_ReadByTheEngine_HasTheSamePixels()
    {
        var picture = new WorldPictures(1, 10)[3];

        var decoded = PictureDecoder.Decode(picture.ToPng(), PictureLimits.Default);

        Assert.Equal(picture.Rgb, decoded.Pixels.ToArray());
    }

    [Fact]
    public void ToTraining_IsWhatServingMakesOfTheFile()
    {
        var picture = new WorldPictures(1, 10)[7];
        var square = ClipPreprocessor.Resize(PictureDecoder.Decode(picture.ToPng(), PictureLimits.Default), WorldPicture.Side);
        using var served = ClipPreprocessor.ToTensor(square, WorldPicture.Side, ChannelOrder.Rgb);

        Assert.Equal(served.data<float>().ToArray(), picture.ToTraining().Pixels);
    }

    [Fact]
    public void Pictures_OfTheSameNumber_AreTheSameAndOthersAreOther()
    {
        var pictures = Enumerable.Range(0, 50).Select(number => new WorldPictures(1, 50)[number]).ToArray();

        Assert.Equal(pictures[9].Rgb, new WorldPictures(1, 50)[9].Rgb);
        Assert.Equal(50, pictures.Select(picture => Convert.ToHexString([.. picture.Rgb])).Distinct().Count());
        Assert.Equal(50, pictures.Select(picture => picture.Key).Distinct().Count());
    }

    [Fact]
    public void Pictures_OfManyNumbers_ShowNothingHeldOut()
    {
        var pictures = new WorldPictures(1, 3000);

        Assert.All(Enumerable.Range(0, pictures.Count), number => Assert.False(pictures[number].Scene.IsHeldOut));
    }

    private static WorldPicture Paint(SceneObject thing, int row) => new("test", new Scene([thing]), new WorldRandom(1, "paint", row));

    private static bool Same(WorldPicture picture, int one, int other) =>
        Enumerable.Range(0, 3).All(channel => picture.Rgb[(one * 3) + channel] == picture.Rgb[(other * 3) + channel]);

    /// <returns>The painted area in pixels, edges counted by how dark they are.</returns>
    private static int Ink(WorldPicture picture)
    {
        double ground = picture.Rgb[0];
        var paint = picture.Rgb[(((WorldPicture.Side / 2) * WorldPicture.Side) + (WorldPicture.Side / 2)) * 3];
        return (int)Enumerable.Range(0, WorldPicture.Side * WorldPicture.Side).Sum(pixel => (ground - picture.Rgb[pixel * 3]) / (ground - paint));
    }
}
