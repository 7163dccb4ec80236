using Herd.Demo.Randomness;

namespace Herd.Demo.Scenes;

/// <summary>One to three different objects in different cells.</summary>
public sealed class Scene
{
    private const uint HeldOutScenes = 8; // one in so many

    /// <summary>Takes objects in any order.</summary>
    /// <param name="objects">The objects, no two in one cell.</param>
    public Scene(IEnumerable<SceneObject> objects)
    {
        Objects = [.. objects.OrderBy(thing => thing.Cell)];
        var phrases = Objects.Select(thing => thing.Phrase).ToArray();
        Caption = phrases.Length == 1 ? phrases[0] : $"{string.Join(", ", phrases[..^1])} and {phrases[^1]}";
    }

    /// <summary>The objects, by cell.</summary>
    public IReadOnlyList<SceneObject> Objects { get; }

    /// <summary>All of it in words: <c>red circle top left and blue cross middle center</c>. Equal captions, equal scenes.</summary>
    public string Caption { get; }

    /// <summary>Whether it holds a pair of colour and shape that no training row has.</summary>
    public bool HasUnseenPair => Objects.Any(thing => UnseenPairs.Contains(thing.Color, thing.Shape));

    /// <summary>Whether it may not be trained on: an unseen pair, or one of the scenes of several objects that tests are made of.</summary>
    public bool IsHeldOut => HasUnseenPair || (Objects.Count > 1 && StableHash.IsOneIn(Caption, HeldOutScenes));

    /// <summary>What stands in a cell.</summary>
    /// <param name="cell">0 to 8, row by row.</param>
    /// <returns>The object; null for none.</returns>
    public SceneObject? At(int cell) => Objects.FirstOrDefault(thing => thing.Cell == cell);

    /// <inheritdoc/>
    public override string ToString() => Caption;
}
