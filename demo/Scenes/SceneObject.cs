using Herd.Demo.Words;

namespace Herd.Demo.Scenes;

/// <summary>A thing in a scene.</summary>
/// <param name="Cell">Its cell, 0 to 8, row by row.</param>
/// <param name="Color">One of <see cref="WorldWords.Colors"/>.</param>
/// <param name="Shape">One of <see cref="WorldWords.Shapes"/>.</param>
public sealed record SceneObject(int Cell, string Color, string Shape)
{
    /// <summary>Its cell's name: <c>top left</c>.</summary>
    public string Place => WorldWords.Places[Cell];

    /// <summary>Colour and shape: <c>red circle</c>.</summary>
    public string Name => $"{Color} {Shape}";

    /// <summary>All of it: <c>red circle top left</c>.</summary>
    public string Phrase => $"{Color} {Shape} {Place}";
}
