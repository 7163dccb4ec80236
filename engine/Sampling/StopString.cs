namespace Herd.Engine.Sampling;

/// <summary>One stop string, and how much of it the text read so far ends with: the matcher of Knuth, Morris and Pratt.</summary>
internal sealed class StopString
{
    private readonly string _text;
    private readonly int[] _borders; // for each beginning, the length of the longest shorter one that it also ends with

    /// <summary>Begins before any text.</summary>
    /// <param name="text">The stop string; not empty.</param>
    public StopString(string text)
    {
        (_text, _borders) = (text, new int[text.Length + 1]);
        for (var length = 1; length < text.Length; length++)
        {
            _borders[length + 1] = Extend(_borders[length], text[length]);
        }
    }

    /// <summary>Length of its longest beginning that the text ends with.</summary>
    public int Matched { get; private set; }

    /// <summary>Takes one more character; no more after a match.</summary>
    /// <param name="character">The character.</param>
    /// <returns>Its length where the text ends with all of it now; otherwise 0.</returns>
    public int Read(char character)
    {
        Matched = Extend(Matched, character);
        return Matched == _text.Length ? Matched : 0;
    }

    private int Extend(int length, char character)
    {
        while (length > 0 && _text[length] != character)
        {
            length = _borders[length];
        }

        return _text[length] == character ? length + 1 : 0;
    }
}
