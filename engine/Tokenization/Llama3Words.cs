using System.Globalization;
using System.Text;

namespace Herd.Engine.Tokenization;

/// <summary>Cuts a text into the words within which Llama 3 merges.</summary>
/// <remarks>
/// The pattern's alternatives in their order, over whole code points: .NET's own regular expressions work on UTF-16 and take letters beyond U+FFFF for
/// none. Every text is cut without rest, in linear time.
/// </remarks>
internal static class Llama3Words
{
    /// <summary>What is cut by, as files write it.</summary>
    internal const string Pattern = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const int LongestNumber = 3;

    private enum Kind
    {
        Letter,
        Number,
        Space,
        Other,
    }

    /// <summary>The words in order.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    internal static IEnumerable<Range> Cut(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = End(text, start);
            yield return start..end;
            start = end;
        }
    }

    private static int End(string text, int start)
    {
        if (Contraction(text, start) is var contraction and > 0)
        {
            return start + contraction;
        }

        var (kind, width) = At(text, start);
        var next = start + width;
        if (kind == Kind.Letter || (kind != Kind.Number && text[start] is not ('\r' or '\n') && Is(text, next, Kind.Letter)))
        {
            return Run(text, next, Kind.Letter);
        }

        if (kind == Kind.Number)
        {
            return Run(text, next, Kind.Number, LongestNumber - 1);
        }

        if (kind == Kind.Other || (text[start] == ' ' && Is(text, next, Kind.Other)))
        {
            return LineBreaks(text, Run(text, next, Kind.Other));
        }

        return Spaces(text, start);
    }

    /// <summary>White space up to its last line break; without one all but the last, which belongs to what follows.</summary>
    private static int Spaces(string text, int start)
    {
        var end = Run(text, start, Kind.Space);
        var lineBreak = text.AsSpan(start, end - start).LastIndexOfAny('\r', '\n');
        if (lineBreak >= 0)
        {
            return start + lineBreak + 1;
        }

        return end == text.Length || end - start == 1 ? end : end - 1;
    }

    private static int Contraction(string text, int start)
    {
        if (text[start] != '\'' || start + 1 == text.Length)
        {
            return 0;
        }

        char Letter(int offset) => start + offset < text.Length ? char.ToLowerInvariant(text[start + offset]) : '\0';
        return (Letter(1), Letter(2)) switch
        {
            ('s' or 't' or 'm' or 'd' or '\u017F', _) => 2, // U+017F is an s to those who ignore case
            ('r' or 'v', 'e') or ('l', 'l') => 3,
            _ => 0,
        };
    }

    private static int LineBreaks(string text, int end)
    {
        while (end < text.Length && text[end] is ('\r' or '\n'))
        {
            end++;
        }

        return end;
    }

    private static int Run(string text, int end, Kind kind, int most = int.MaxValue)
    {
        for (var count = 0; count < most && end < text.Length; count++)
        {
            var (found, width) = At(text, end);
            if (found != kind)
            {
                break;
            }

            end += width;
        }

        return end;
    }

    private static bool Is(string text, int at, Kind kind) => at < text.Length && At(text, at).Kind == kind;

    private static (Kind Kind, int Width) At(string text, int at)
    {
        var rune = Rune.GetRuneAt(text, at);
        var kind = Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter
                or UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
            _ => Rune.IsWhiteSpace(rune) ? Kind.Space : Kind.Other,
        };
        return (kind, rune.Utf16SequenceLength);
    }
}
