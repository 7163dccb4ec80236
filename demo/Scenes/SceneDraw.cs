using Herd.Demo.Randomness;
using Herd.Demo.Words;

namespace Herd.Demo.Scenes;

/// <summary>Draws scenes.</summary>
internal static class SceneDraw
{
    private const int Cells = 9;
    private static readonly int[] Counts = [1, 2, 2, 3, 3, 3];

    /// <summary>A scene that may be trained on.</summary>
    public static Scene Training(WorldRandom random, int? count = null) => Until(random, count, scene => !scene.IsHeldOut);

    /// <summary>A scene that no training row has, of pairs that training rows have; one object alone is no secret and only drawn anew.</summary>
    public static Scene HeldOut(WorldRandom random, int? count = null) =>
        Until(random, count, scene => !scene.HasUnseenPair && (scene.IsHeldOut || scene.Objects.Count == 1));

    /// <summary>A scene with exactly one object of an unseen pair, in a random place among the others.</summary>
    public static Scene Unseen(WorldRandom random, int? count = null) => Until(
        random,
        count,
        scene => scene.Objects.Count(thing => UnseenPairs.Contains(thing.Color, thing.Shape)) == 1);

    private static Scene Until(WorldRandom random, int? count, Func<Scene, bool> wanted)
    {
        while (true)
        {
            var scene = Any(random, count ?? random.Pick(Counts));
            if (wanted(scene))
            {
                return scene;
            }
        }
    }

    // Half of the scenes can be asked about by colour and by shape everywhere; the others repeat colours and shapes.
    private static Scene Any(WorldRandom random, int count)
    {
        var cells = random.Sample([.. Enumerable.Range(0, Cells)], count);
        if (random.Chance(0.5))
        {
            var (colors, shapes) = (random.Sample(WorldWords.Colors, count), random.Sample(WorldWords.Shapes, count));
            return new Scene(cells.Select((cell, index) => new SceneObject(cell, colors[index], shapes[index])));
        }

        var pairs = random.Sample([.. Enumerable.Range(0, WorldWords.Colors.Count * WorldWords.Shapes.Count)], count);
        return new Scene(cells.Select((cell, index) =>
            new SceneObject(cell, WorldWords.Colors[pairs[index] / WorldWords.Shapes.Count], WorldWords.Shapes[pairs[index] % WorldWords.Shapes.Count])));
    }
}
