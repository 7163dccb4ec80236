namespace Herd.Engine.Sampling;

/// <summary>Looks for stop strings in text that arrives in pieces, and holds back what may be the beginning of one.</summary>
/// <remarks>The stop string that is complete first ends the text; of those complete with the same character, the longest. How the text is cut changes nothing.</remarks>
/// <param name="stops">The stop strings, none empty.</param>
internal sealed class StopMatcher(IReadOnlyList<string> stops)
{
    private readonly StopString[] _stops = [.. stops.Select(stop => new StopString(stop))];
    private string _held = "";

    /// <summary>Characters released so far.</summary>
    public int Released { get; private set; }

    /// <summary>Takes more text; none after a stop string.</summary>
    /// <param name="text">The text.</param>
    /// <param name="stopped">Whether a stop string is complete; the text from its beginning on is dropped.</param>
    /// <returns>Text that is certain not to belong to a stop string.</returns>
    public string Append(string text, out bool stopped)
    {
        for (var read = 0; read < text.Length; read++)
        {
            if (LongestCompletedBy(text[read]) is > 0 and var length)
            {
                stopped = true;
                return Release(_held + text[..(read + 1)], hold: length, keep: false);
            }
        }

        stopped = false;
        return Release(_held + text, hold: _stops.Length == 0 ? 0 : _stops.Max(stop => stop.Matched), keep: true);
    }

    /// <summary>Releases what is held back: no stop string can follow.</summary>
    /// <returns>The text.</returns>
    public string Finish() => Release(_held, hold: 0, keep: false);

    private int LongestCompletedBy(char character)
    {
        var longest = 0;
        foreach (var stop in _stops)
        {
            longest = Math.Max(longest, stop.Read(character));
        }

        return longest;
    }

    private string Release(string text, int hold, bool keep)
    {
        var released = text[..^hold];
        _held = keep ? text[^hold..] : "";
        Released += released.Length;
        return released;
    }
}
