using System.Text;

namespace Herd.Engine.Tokenization.Training;

/// <summary>Cuts text into the runs that no learned piece crosses.</summary>
internal static class WordUnits
{
    private enum Kind
    {
        /// <summary>Control characters and what stands for broken text: they stay bytes.</summary>
        Unlearned,
        Space,
        Digit,
        Letter,
        Other,
    }

    /// <summary>Yields runs of letters and runs of other characters, each with the U+2581 that stands before it; digits are runs of one.</summary>
    /// <param name="text">A text whose spaces are written as U+2581.</param>
    /// <returns>The runs; control characters end a run and are in none.</returns>
    internal static IEnumerable<string> Split(string text)
    {
        var (start, at, kind) = (0, 0, Kind.Unlearned);
        foreach (var rune in text.EnumerateRunes())
        {
            var next = KindOf(rune);
            if (at > start && !Continues(kind, next))
            {
                yield return text[start..at];
                start = at;
            }

            at += rune.Utf16SequenceLength;
            start = next == Kind.Unlearned ? at : start;
            kind = next;
        }

        if (at > start)
        {
            yield return text[start..at];
        }
    }

    private static bool Continues(Kind kind, Kind next) => next is Kind.Letter or Kind.Other && (kind == next || kind == Kind.Space);

    private static Kind KindOf(Rune rune) => rune switch
    {
        { Value: SentencePieceModel.Space } => Kind.Space,
        _ when rune == Rune.ReplacementChar || Rune.IsControl(rune) => Kind.Unlearned,
        _ when Rune.IsDigit(rune) => Kind.Digit,
        _ when Rune.IsLetter(rune) || IsAccent(rune) => Kind.Letter,
        _ => Kind.Other,
    };

    private static bool IsAccent(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark;
}
