using Herd.Demo.Pictures;

namespace Herd.Demo.Evaluation;

/// <summary>The picture of another case, to see whether an answer comes from the picture at all.</summary>
internal static class WrongPictures
{
    /// <summary>The next case's picture that shows another scene.</summary>
    /// <param name="cases">All cases.</param>
    /// <param name="index">The case.</param>
    /// <returns>The picture; null where no case shows another scene.</returns>
    public static WorldPicture? For(IReadOnlyList<TestCase> cases, int index) => Enumerable.Range(1, cases.Count - 1)
        .Select(step => cases[(index + step) % cases.Count].Picture)
        .FirstOrDefault(picture => picture is not null && picture.Scene.Caption != cases[index].Picture?.Scene.Caption);
}
