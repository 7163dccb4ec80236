using System.Globalization;
using System.Text;

namespace Herd.Engine.Experts;

/// <summary>Reads Tesseract's table of words.</summary>
internal static class TesseractOutput
{
    private const int Columns = 12;
    private const int LevelColumn = 0;
    private const int ConfidenceColumn = 10;
    private const int TextColumn = 11;
    private const string WordLevel = "5";
    private const float Percent = 100;

    /// <summary>Joins the words, in the order in which they come.</summary>
    /// <param name="table">Lines of tab-separated columns; those of another form are left out.</param>
    /// <param name="minConfidence">Words below it are left out.</param>
    /// <returns>The words and how sure Tesseract is of them on average, long words counting more.</returns>
    public static ExpertFinding Read(string table, float minConfidence)
    {
        var text = new StringBuilder();
        var (sum, letters) = (0f, 0);
        foreach (var line in table.AsSpan().EnumerateLines())
        {
            if (ReadWord(line.ToString().Split('\t', Columns)) is not (var word, var confidence) || confidence < minConfidence)
            {
                continue;
            }

            text.Append(text.Length > 0 ? " " : "").Append(word);
            sum += confidence * word.Length;
            letters += word.Length;
        }

        return letters == 0 ? ExpertFinding.Nothing : new ExpertFinding(text.ToString(), sum / letters);
    }

    private static (string Word, float Confidence)? ReadWord(string[] columns) =>
        columns.Length == Columns && columns[LevelColumn] == WordLevel && columns[TextColumn].Trim() is { Length: > 0 } word
            && float.TryParse(columns[ConfidenceColumn], NumberStyles.Float, CultureInfo.InvariantCulture, out var percent) && percent is >= 0 and <= Percent
            ? (word, percent / Percent)
            : null;
}
