using Herd.Demo.Randomness;
using Herd.Demo.Words;

namespace Herd.Demo.Scenes;

/// <summary>Pairs of colour and shape that no training row and no training picture has: what a model knows of them it put together itself.</summary>
public static class UnseenPairs
{
    private const int Count = 3;

    /// <summary>The pairs, of different colours and different shapes.</summary>
    public static IReadOnlyList<(string Color, string Shape)> All { get; } = Choose();

    /// <summary>Whether a pair is one of them.</summary>
    /// <param name="color">The colour.</param>
    /// <param name="shape">The shape.</param>
    /// <returns>Whether it is.</returns>
    public static bool Contains(string color, string shape) => All.Contains((color, shape));

    private static (string Color, string Shape)[] Choose()
    {
        var byHash = WorldWords.Colors.SelectMany(color => WorldWords.Shapes.Select(shape => (Color: color, Shape: shape)))
            .OrderBy(pair => StableHash.Of($"{pair.Color} {pair.Shape}"));
        return [.. byHash.DistinctBy(pair => pair.Color).DistinctBy(pair => pair.Shape).Take(Count)];
    }
}
