using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Herd.Engine.Prompts;

namespace Herd.Engine.Experts;

/// <summary>Puts what experts say into a prompt: a line <c>[OCR expert: STOP]</c> for each, in front of the user's own input.</summary>
/// <remarks>
/// What an expert says is what stands in a picture, so it is a stranger's: it stays inside its brackets, on its line, and holds nothing that a template
/// uses to begin a part or to end an answer.
/// </remarks>
public static partial class ExpertText
{
    /// <summary>Most characters of one expert that are looked at.</summary>
    public const int MaxLength = 4096;

    // Whatever name a part of any template has; spaces and doubled colons change nothing for a reader.
    private static readonly Regex TemplateWords = new(
        $@"(expert|{string.Join('|', PromptTemplate.All.SelectMany(template => template.Markers).SelectMany(marker => Word().Matches(marker)).Select(match => match.Value).Distinct())})(?:\s*:)+",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    /// <summary>Makes a stranger's text harmless inside a prompt's line.</summary>
    /// <param name="text">The text.</param>
    /// <returns>
    /// The text in one line without control and format characters, every kind of bracket made round, runs of <c>#</c> made one, and no colon behind a
    /// word that names a template's part. Doing it again changes nothing.
    /// </returns>
    public static string Neutralise(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var line = new StringBuilder(Math.Min(text.Length, MaxLength));
        foreach (var rune in text.EnumerateRunes())
        {
            if (line.Length >= MaxLength)
            {
                break;
            }

            Append(line, rune);
        }

        return TemplateWords.Replace(line.ToString().Trim(), "$1");
    }

    /// <summary>An expert's line.</summary>
    /// <param name="label">What the prompt calls it.</param>
    /// <param name="text">What it says; harmless already.</param>
    /// <returns><c>[OCR expert: STOP]</c>.</returns>
    public static string Line(string label, string text) => $"[{label} expert: {text}]";

    /// <summary>The longest line that a number of tokens holds. Its brackets always stand; the text ends at a word where it has several.</summary>
    /// <param name="label">What the prompt calls the expert.</param>
    /// <param name="text">What it says; harmless already.</param>
    /// <param name="maxTokens">Most tokens.</param>
    /// <param name="count">Counts the tokens of a text.</param>
    /// <returns>The line; null where not a word of it fits.</returns>
    public static string? Fit(string label, string text, int maxTokens, Func<string, int> count)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(count);
        if (count(Line(label, text)) <= maxTokens)
        {
            return Line(label, text);
        }

        // Almost always more text is more tokens; where it is not, the line is a word shorter than it might be.
        var (fits, over) = (0, text.Length);
        while (over - fits > 1)
        {
            var middle = (fits + over) / 2;
            (fits, over) = count(Line(label, Cut(text, middle))) <= maxTokens ? (middle, over) : (fits, middle);
        }

        var cut = text.Length > 0 ? Cut(text, fits) : text;
        return cut.Length > 0 && count(Line(label, cut)) <= maxTokens ? Line(label, cut) : null;
    }

    /// <summary>The Input part of a prompt.</summary>
    /// <param name="lines">What experts say.</param>
    /// <param name="input">The user's own input; null for none.</param>
    /// <returns>The lines, then the input; null where there is neither.</returns>
    public static string? Join(IEnumerable<string> lines, string? input)
    {
        var parts = input is null ? [.. lines] : lines.Append(input).ToArray();
        return parts.Length == 0 ? null : string.Join('\n', parts);
    }

    private static string Cut(string text, int length)
    {
        var space = text[length] == ' ' ? length : text.LastIndexOf(' ', Math.Max(length - 1, 0), length);
        var end = space > 0 ? space : length > 0 && char.IsHighSurrogate(text[length - 1]) ? length - 1 : length;
        return text[..end].TrimEnd();
    }

    private static void Append(StringBuilder line, Rune rune)
    {
        var plain = Plain(rune);
        if ((plain.Value == ' ' && (line.Length == 0 || line[^1] == ' ')) || (plain.Value == '#' && EndsWithHash(line)))
        {
            return;
        }

        line.Append(plain.Value switch
        {
            '[' or '{' or '<' => "(",
            ']' or '}' or '>' => ")",
            0 => "",
            _ => plain.ToString(),
        });
    }

    // Spaces between them change nothing for a reader.
    private static bool EndsWithHash(StringBuilder line) => line.Length > 0 && (line[^1] == '#' || (line.Length > 1 && line[^1] == ' ' && line[^2] == '#'));

    /// <returns>A rune that stands for itself; a space for what separates; the null rune for what is not seen.</returns>
    private static Rune Plain(Rune rune) => rune.Value switch
    {
        // The wide forms of ASCII look like it, and some tokenizers take them for it.
        >= 0xFF01 and <= 0xFF5E => new Rune(rune.Value - 0xFEE0),
        0xFE55 => new Rune(':'),
        0xFE5F => new Rune('#'),
        0x2236 or 0xA789 => new Rune(':'),
        0xFFFD => new Rune('?'),
        _ => Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator => new Rune(' '),
            UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned => new Rune(0),
            _ => rune,
        },
    };

    [GeneratedRegex("[A-Za-z]+(?=:)")]
    private static partial Regex Word();
}
