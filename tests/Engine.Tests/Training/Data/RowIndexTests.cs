using System.Text;
using System.Text.Json;
using CsCheck;
using Herd.Engine.Training.Data;
using Herd.Testing;
using Xunit;

namespace Herd.Engine.Tests.Training.Data;

public sealed class RowIndexTests
{
    private const int MostBytes = 1 << 20;

    private static readonly Gen<string> Text = OneOf("a", "\"", "\\", "{", "}", "[", "]", ",", "\n", "\t", " ", "é", "𝄞", "\\u0041", ":").Array[1, 12].Select(string.Concat);

    private static readonly Gen<string> Space = OneOf("", " ", "\n", "\r\n", "\t", "\n\n  ").Array[0, 3].Select(string.Concat);

    private static readonly Gen<TrainingRow> Row = Gen.Select(Text, Text.Null(), Text, Text.Null(), (asked, input, answer, picture) => new TrainingRow(asked, input, answer + "!", picture));

    [Fact]
    public void JsonArray_OfAnyRowsAndWhiteSpace_GivesEachRowAndItsLine()
    {
        Gen.Select(Gen.Select(Row, Space, Space, Gen.Bool).Array[1, 20], Space).Sample((rows, front) =>
        {
            var (text, lines) = (new StringBuilder(front).Append('['), new List<int>());
            foreach (var (row, before, behind, indented) in rows)
            {
                text.Append(before);
                lines.Add(text.ToString().Count(character => character == '\n') + 1);
                text.Append(Json(row, indented)).Append(behind).Append(',');
            }

            text[^1] = ']';
            Check(text + front, DataForm.JsonArray, [.. rows.Select(row => row.Item1)], lines);
        });
    }

    [Fact]
    public void JsonLines_WithBlankLinesAndAnyLineEnds_GivesEachRowAndItsLine()
    {
        Gen.Select(Row, Gen.Int[0, 3], Gen.Bool).Array[1, 20].Sample(rows =>
        {
            var (text, lines) = (new StringBuilder(), new List<int>());
            foreach (var (row, blanks, carriage) in rows)
            {
                text.Insert(text.Length, carriage ? " \r\n" : "\n", blanks);
                lines.Add(text.ToString().Count(character => character == '\n') + 1);
                text.Append(Json(row, isIndented: false)).Append(carriage ? "\r\n" : "\n");
            }

            Check(text.ToString(), DataForm.JsonLines, [.. rows.Select(row => row.Item1)], lines);
            Check(text.ToString().TrimEnd(), DataForm.JsonLines, [.. rows.Select(row => row.Item1)], lines);
        });
    }

    [Fact]
    public void TextLines_OfManyRows_GiveEachLineBehindTheFirstMarkToo()
    {
        const int rows = 3000;
        var text = string.Concat(Enumerable.Range(0, rows).Select(row => $"line {row}\n\n"));

        Check(text, DataForm.TextLines, [.. Enumerable.Range(0, rows).Select(row => new TrainingRow(null, null, $"line {row}", null))], [.. Enumerable.Range(0, rows).Select(row => (2 * row) + 1)]);
    }

    [Fact]
    public void TextParagraphs_AreSplitAtBlankLines()
    {
        TrainingRow Whole(string text) => new(null, null, text, null);

        Check("\n one\ntwo\n \t\nthree\r\n\r\n\r\nfour", DataForm.TextParagraphs, [Whole(" one\ntwo\n \t"), Whole("three"), Whole("four")], [2, 5, 8]);
    }

    [Theory]
    [InlineData("url\tcaption\na.png\tone\nb.png\ttwo\n", 2)]
    [InlineData("caption\tsource\timage\none\tweb\ta.png\ntwo\tweb\tb.png", 2)]
    [InlineData("a.png\tone\r\n\r\nb.png\ttwo\r\n", 1)]
    public void CaptionTable_WithOrWithoutNames_GivesPictureAndCaption(string text, int firstLine)
    {
        TrainingRow Caption(string picture, string caption) => new(TrainingRow.CaptionInstruction, null, caption, picture);

        Check(text, DataForm.CaptionTable, [Caption("a.png", "one"), Caption("b.png", "two")], [firstLine, 3]);
    }

    [Theory]
    [InlineData("""{"image":"a.png","caption":"c"}""", TrainingRow.CaptionInstruction, "c", "a.png")]
    [InlineData("""{"url":"a.png","caption":"c"}""", TrainingRow.CaptionInstruction, "c", "a.png")]
    [InlineData("""{"text":"t"}""", null, "t", null)]
    [InlineData("""{"id":3,"image":"a.png","conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"a"},{"from":"human","value":"more"}]}""", "q", "a", "a.png")]
    [InlineData("""{"conversations":[{"value":"q"},{"value":"a"}]}""", "q", "a", null)]
    [InlineData("""{"instruction":"q","output":"a","image":"a.png"}""", "q", "a", "a.png")]
    public void JsonLine_OfEachKind_IsTold(string line, string? asked, string answer, string? picture) =>
        Check(line, DataForm.JsonLines, [new TrainingRow(asked, null, answer, picture)], [1]);

    [Theory]
    [InlineData("""[{"output":"1","instruction":"a"}, {"instruction":"broken, {"output":"3","instruction":"c"}]""", "1")]
    [InlineData("[{\"output\":\"1\",\"instruction\":\"a\"},\n {\"instruction\":\"broken,\n {\"output\":\"3\",\"instruction\":\"c\"}]", "1 3")]
    [InlineData("[{\"output\":\"1\",\"instruction\":\"a\"},\n {\"output\":\"2\",\n {\"output\":\"3\",\"instruction\":\"c\"}]", "1 3")]
    [InlineData("[{\"output\":\"1\",\"instruction\":\"a\"},\n {\"output\":[1}},\n {\"output\":\"3\",\"instruction\":\"c\"}]", "1 3")]
    [InlineData("[{\"output\":\"1\",\"instruction\":\"a\"},\n 17, null, [],\n {\"output\":\"3\",\"instruction\":\"c\"}", "1 3")]
    public void JsonArray_WithDamage_LosesLittle(string text, string kept)
    {
        using var folder = new TestFolder();
        using var file = DataFile.Open(folder.Write("rows.json", Encoding.UTF8.GetBytes(text)));

        Assert.Equal(kept, string.Join(' ', Sound(file).Select(row => row.Answer)));
    }

    [Fact]
    public void AnyBytes_OfAnyForm_GiveRowsOrBadRows()
    {
        Gen.Select(Gen.OneOf(Gen.Byte, OneOf("{}[]\",:\\\n\t a"u8.ToArray())).Array[0, 200], Gen.Enum<DataForm>()).Sample((bytes, form) =>
        {
            using var folder = new TestFolder();
            using var file = DataFile.Open(folder.Write("rows", bytes), form);
            Assert.True(Sound(file).Count() <= file.Rows);
        });
    }

    [Fact]
    public void Open_OfAnUnknownEnding_SaysWhichThereAre()
    {
        using var folder = new TestFolder();

        var error = Assert.Throws<EngineException>(() => DataFile.Open(folder.Write("rows.csv", [])));

        Assert.Contains(".jsonl", error.Message);
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static IEnumerable<TrainingRow> Sound(DataFile file)
    {
        for (var row = 0; row < file.Rows; row++)
        {
            TrainingRow? read = null;
            try
            {
                read = file.Read(row, MostBytes);
            }
            catch (BadRowException error)
            {
                Assert.True(file.Describe(row, error).Line >= 1);
            }

            if (read is not null)
            {
                yield return read;
            }
        }
    }

    private static void Check(string text, DataForm form, TrainingRow[] rows, List<int> lines)
    {
        using var folder = new TestFolder();
        foreach (var mark in new byte[][] { [], [0xef, 0xbb, 0xbf] })
        {
            using var file = DataFile.Open(folder.Write("rows", [.. mark, .. Encoding.UTF8.GetBytes(text)]), form);
            Assert.Equal(rows.Length, file.Rows);
            for (var row = 0; row < rows.Length; row++)
            {
                Assert.Equal(rows[row], file.Read(row, MostBytes));
                Assert.Equal(lines[row], file.Describe(row, new BadRowException(RowFault.Damaged, "")).Line);
            }
        }
    }

    private static string Json(TrainingRow row, bool isIndented) => JsonSerializer.Serialize(
        new { instruction = row.Instruction, input = row.Input, output = row.Answer, image = row.Picture }, isIndented ? Indented : Plain);

    private static readonly JsonSerializerOptions Plain = new();

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
}
