using System.Text;

namespace Herd.Engine.Sampling;

/// <summary>Looks for stop strings in text that arrives in pieces, and holds back what may be the beginning of one.</summary>
internal sealed class StopMatcher(IReadOnlyList<string> stops)
{
    private readonly StringBuilder _held = new();

    /// <summary>Characters released so far.</summary>
    public int Released { get; private set; }

    /// <summary>Takes more text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="stopped">Whether a stop string is complete; the text from it on is dropped.</param>
    /// <returns>Text that is certain not to belong to a stop string.</returns>
    public string Append(string text, out bool stopped)
    {
        _held.Append(text);
        var held = _held.ToString();
        var cut = EarliestStop(held);
        stopped = cut >= 0;
        var release = stopped ? cut : held.Length - LongestBeginning(held);
        _held.Remove(0, stopped ? held.Length : release);
        Released += release;
        return held[..release];
    }

    /// <summary>Releases what is held back: no stop string can follow.</summary>
    /// <returns>The text.</returns>
    public string Finish()
    {
        var rest = _held.ToString();
        _held.Clear();
        Released += rest.Length;
        return rest;
    }

    private int EarliestStop(string text)
    {
        var earliest = -1;
        foreach (var stop in stops)
        {
            var at = text.IndexOf(stop, StringComparison.Ordinal);
            if (at >= 0 && (earliest < 0 || at < earliest))
            {
                earliest = at;
            }
        }

        return earliest;
    }

    /// <summary>Length of the longest tail of the text that begins some stop string.</summary>
    private int LongestBeginning(string text)
    {
        var longest = 0;
        foreach (var stop in stops)
        {
            for (var length = Math.Min(stop.Length - 1, text.Length); length > longest; length--)
            {
                if (string.CompareOrdinal(text, text.Length - length, stop, 0, length) == 0)
                {
                    longest = length;
                }
            }
        }

        return longest;
    }
}
