using Herd.Demo.Pictures;
using Herd.Demo.Words;
using Herd.Engine.Training.Data;
using Xunit;

namespace Herd.Demo.Tests.Pictures;

/// <summary>Labels say what the picture shows.</summary>
public sealed class WorldLabelsTests
{
    private static readonly WorldPictures Pictures = new(1, 30);

    [Fact]
    public void Next_OfPatches_NamesWhatTheCellAroundEachHolds()
    {
        var labels = new WorldLabels(1, Pictures, 6);
        for (var row = 0; row < 50; row++)
        {
            var next = labels.Next();
            var scene = Enumerable.Range(0, Pictures.Count).Select(number => Pictures[number]).Single(picture => picture.Key == next.Picture.Key).Scene;
            for (var patch = 0; patch < 36; patch++)
            {
                var thing = scene.At((patch / 12 * 3) + (patch % 6 / 2));
                Assert.Equal(thing is null ? (0, 0) : (Place(WorldWords.Colors, thing.Color), Place(WorldWords.Shapes, thing.Shape)), (next.Labels[0][patch], next.Labels[1][patch]));
            }
        }
    }

    [Fact]
    public void Next_FromAnEarlierPosition_GivesTheSamePictures()
    {
        var labels = new WorldLabels(1, Pictures, 3);
        string?[] first = [.. Enumerable.Range(0, 5).Select(_ => labels.Next().Picture.Key)];
        labels.Position = new ExamplePosition(0, 2);

        Assert.Equal(first[2], labels.Next().Picture.Key);
    }

    private static int Place(IReadOnlyList<string> names, string name) => 1 + names.ToList().IndexOf(name);
}
