using CsCheck;
using Herd.Demo.Randomness;
using Herd.Demo.Scenes;
using Xunit;

namespace Herd.Demo.Tests.Scenes;

/// <summary>Scenes as they are drawn.</summary>
public sealed class SceneDrawTests
{
    [Fact]
    public void Training_OfAnyRow_HasOneToThreeDifferentObjectsInDifferentCellsAndIsNotHeldOut() => Gen.Long.Sample(row =>
    {
        var scene = SceneDraw.Training(new WorldRandom(1, "test", row));

        Assert.InRange(scene.Objects.Count, 1, 3);
        Assert.Equal(scene.Objects.Count, scene.Objects.DistinctBy(thing => thing.Cell).Count());
        Assert.Equal(scene.Objects.Count, scene.Objects.DistinctBy(thing => thing.Name).Count());
        Assert.False(scene.IsHeldOut);
    });

    [Fact]
    public void Training_OfTheSameRow_IsTheSameScene() => Gen.Long.Sample(row =>
        Assert.Equal(SceneDraw.Training(new WorldRandom(7, "test", row)).Caption, SceneDraw.Training(new WorldRandom(7, "test", row)).Caption));

    [Fact]
    public void Training_OfOtherSeedsAndStreams_IsOther()
    {
        string Draw(long seed, string stream) => string.Join('|', Enumerable.Range(0, 8).Select(row => SceneDraw.Training(new WorldRandom(seed, stream, row)).Caption));

        Assert.Equal(3, new[] { Draw(1, "a"), Draw(2, "a"), Draw(1, "b") }.Distinct().Count());
    }

    [Fact]
    public void HeldOut_OfSeveralObjects_IsAboutOneInEight()
    {
        var scenes = Enumerable.Range(0, 4000).Select(row => SceneDraw.HeldOut(new WorldRandom(1, "held", row), 2)).ToArray();
        var all = Enumerable.Range(0, 4000).Select(row => new Scene(Two(row))).Where(scene => !scene.HasUnseenPair).ToArray();

        Assert.All(scenes, scene => Assert.True(scene.IsHeldOut && !scene.HasUnseenPair));
        Assert.InRange(all.Count(scene => scene.IsHeldOut) / (double)all.Length, 0.1, 0.15);
    }

    [Fact]
    public void Unseen_OfAnyRow_HasOneObjectOfAnUnseenPair()
    {
        var scenes = Enumerable.Range(0, 300).Select(row => SceneDraw.Unseen(new WorldRandom(1, "unseen", row))).ToArray();

        Assert.All(scenes, scene => Assert.Single(scene.Objects, thing => UnseenPairs.Contains(thing.Color, thing.Shape)));
    }

    [Fact]
    public void UnseenPairs_HaveDifferentColorsAndShapes()
    {
        Assert.Equal(3, UnseenPairs.All.Count);
        Assert.Equal(3, UnseenPairs.All.DistinctBy(pair => pair.Color).Count());
        Assert.Equal(3, UnseenPairs.All.DistinctBy(pair => pair.Shape).Count());
    }

    private static SceneObject[] Two(int row)
    {
        var random = new WorldRandom(3, "two", row);
        var cells = random.Sample([.. Enumerable.Range(0, 9)], 2);
        return [new SceneObject(cells[0], "red", "circle"), new SceneObject(cells[1], random.Pick(Herd.Demo.Words.WorldWords.Colors), random.Pick(["square", "triangle", "cross"]))];
    }
}
