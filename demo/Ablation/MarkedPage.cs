using Herd.Engine;

namespace Herd.Demo.Ablation;

/// <summary>A page with places that a program fills; all else is written by hand and stays.</summary>
/// <param name="path">Where it lies, for messages.</param>
/// <param name="text">Its text.</param>
internal sealed class MarkedPage(string path, string text)
{
    /// <summary>The text as it is now.</summary>
    public string Text { get; private set; } = text;

    /// <summary>An empty place.</summary>
    public static string Place(string name) => $"{Begin(name)}\n{End(name)}\n";

    /// <summary>Replaces what stands in a place.</summary>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>: the page has no such place.</exception>
    public void Fill(string name, string content)
    {
        var begin = Text.IndexOf(Begin(name), StringComparison.Ordinal);
        var end = begin < 0 ? -1 : Text.IndexOf(End(name), begin, StringComparison.Ordinal);
        if (end < 0)
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, $"{path}: expected the marks {Begin(name)} and {End(name)}, found none. Put them where the figures belong.");
        }

        Text = Text[..(begin + Begin(name).Length)] + "\n" + content + Text[end..];
    }

    private static string Begin(string name) => $"<!-- {name} -->";

    private static string End(string name) => $"<!-- end of {name} -->";
}
