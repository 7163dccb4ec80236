using System.Collections.Immutable;
using Herd.Demo.Scenes;
using Herd.Demo.Words;
using Herd.Engine.Training.Data;
using Herd.Engine.Training.Encoders;

namespace Herd.Demo.Pictures;

/// <summary>Pictures with the colour and the shape of what stands at each patch, class 0 being nothing.</summary>
public sealed class WorldLabels : ILabelledPictureSource
{
    private const int CellsPerSide = 3;

    private readonly long _seed;
    private readonly WorldPictures _pictures;
    private readonly int[] _cells;

    /// <summary>Labels the pictures patch by patch, row by row.</summary>
    /// <param name="seed">The order's seed.</param>
    /// <param name="pictures">The pictures.</param>
    /// <param name="patchesPerSide">Patches of a side, a multiple of 3: each cell is whole patches.</param>
    public WorldLabels(long seed, WorldPictures pictures, int patchesPerSide)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(patchesPerSide, CellsPerSide);
        ArgumentOutOfRangeException.ThrowIfNotEqual(patchesPerSide % CellsPerSide, 0, nameof(patchesPerSide));
        var perCell = patchesPerSide / CellsPerSide;
        (_seed, _pictures) = (seed, pictures);
        _cells = [.. Enumerable.Range(0, patchesPerSide * patchesPerSide)
            .Select(patch => (patch / patchesPerSide / perCell * CellsPerSide) + (patch % patchesPerSide / perCell))];
    }

    /// <summary>Number of classes of colours, and of shapes.</summary>
    public static ImmutableArray<int> Classes { get; } = [WorldWords.Colors.Count + 1, WorldWords.Shapes.Count + 1];

    /// <inheritdoc/>
    public ExamplePosition Position { get; set; }

    /// <inheritdoc/>
    public LabelledPicture Next()
    {
        var picture = _pictures.Any(_seed, Position.Row);
        Position = Position with { Row = Position.Row + 1 };
        return new LabelledPicture(
            picture.ToTraining(),
            [Labels(picture.Scene, WorldWords.Colors, thing => thing.Color), Labels(picture.Scene, WorldWords.Shapes, thing => thing.Shape)]);
    }

    private int[] Labels(Scene scene, IReadOnlyList<string> names, Func<SceneObject, string> attribute) =>
        [.. _cells.Select(cell => scene.At(cell) is { } thing ? names.ToList().IndexOf(attribute(thing)) + 1 : 0)];
}
