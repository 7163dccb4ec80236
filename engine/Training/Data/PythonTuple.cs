using System.Globalization;
using System.Text;

namespace Herd.Engine.Training.Data;

/// <summary>A text as Python prints a tuple of it alone; needed for the official training's mistake only.</summary>
internal static class PythonTuple
{
    /// <summary>Prints a text: <c>('text',)</c>.</summary>
    public static string Of(string text)
    {
        var quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        var printed = new StringBuilder().Append('(').Append(quote);
        foreach (var rune in text.EnumerateRunes())
        {
            printed.Append(Print(rune, quote));
        }

        return printed.Append(quote).Append(",)").ToString();
    }

    private static string Print(Rune rune, char quote) => rune.Value switch
    {
        '\\' => @"\\",
        '\n' => @"\n",
        '\r' => @"\r",
        '\t' => @"\t",
        var value when value == quote => @"\" + quote,
        _ when IsPrintable(rune) => rune.ToString(),
        <= 0xff => $@"\x{rune.Value:x2}",
        <= 0xffff => $@"\u{rune.Value:x4}",
        _ => $@"\U{rune.Value:x8}",
    };

    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
