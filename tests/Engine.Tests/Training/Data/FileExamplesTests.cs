using CsCheck;
using Herd.Engine.Training.Data;
using Herd.Testing;
using Xunit;

namespace Herd.Engine.Tests.Training.Data;

public sealed class FileExamplesTests
{
    [Fact]
    public void Next_OverAPass_GivesEachRowOnceAndMixesThePassAfterIt()
    {
        using var folder = new TestFolder();
        using var examples = DataSketch.Write(folder, "rows.jsonl", string.Join('\n', Enumerable.Range(0, 40).Select(DataSketch.Row))).Open();

        var first = examples.Take(40).ConvertAll(DataSketch.Learned);
        Assert.Equal(new ExamplePosition(1, 0), examples.Position);
        var second = examples.Take(40).ConvertAll(DataSketch.Learned);

        Assert.Equal(Enumerable.Range(0, 40).Select(row => $"It is {row}.").Order(), first.Order());
        Assert.Equal(first.Order(), second.Order());
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void Position_SetInAnotherReader_GivesTheSameExamplesFromThere()
    {
        using var folder = new TestFolder();
        var images = Directory.EnumerateFiles(Execution.TinyModel.Golden("images")).Select(Path.GetFileName).ToArray();
        var text = string.Join('\n', Enumerable.Range(0, 23).Select(row => row % 5 == 3 ? "{broken" : row % 4 == 1
            ? $$"""{"image":"{{images[row % images.Length]}}","caption":"Caption {{row}}."}""" : DataSketch.Row(row)));
        var source = DataSketch.Write(folder, "rows.jsonl", text);
        Gen.Select(Gen.Long[0, 50], Gen.Int[0, 60], Gen.Bool).Sample(
            (seed, before, cuts) =>
            {
                var options = new ExampleOptions { Seed = seed, CutsPictures = cuts };
                using var one = source.Open(options);
                one.Take(before);
                using var other = source.Open(options);
                other.Position = one.Position;
                foreach (var (left, right) in one.Take(30).Zip(other.Take(30)))
                {
                    Assert.Equal(left.Ids, right.Ids);
                    Assert.Equal(left.Weights, right.Weights);
                    Assert.Equal(left.Picture?.Key, right.Picture?.Key);
                    Assert.Equal(left.Picture?.Pixels, right.Picture?.Pixels);
                }

                Assert.Equal(one.Digest, other.Digest);
            },
            iter: 20);
    }

    [Fact]
    public void Next_OverBadRows_PassesOverThemAndTellsFileLineAndReason()
    {
        using var folder = new TestFolder();
        var text = string.Join('\n', [
            DataSketch.Row(1), "", "{broken", """{"instruction":"a"}""", """{"instruction":"a","output":"  "}""", """{"instruction":7,"output":"x"}""",
            """{"image":"none.png","caption":"x"}""", """{"image":"../rows.jsonl","caption":"x"}""", $$"""{"text":"{{new string('x', 3000)}}"}""",
            $$"""{"instruction":"{{string.Concat(Enumerable.Repeat("word ", 300))}}","output":"x"}""", DataSketch.Row(2),
        ]);
        using var examples = DataSketch.Write(folder, "rows.jsonl", text).Open(new ExampleOptions { MaxRowBytes = 2000, MaxTokens = 100 });

        var learned = examples.Take(6).ConvertAll(DataSketch.Learned);

        Assert.Equal(["It is 1.", "It is 2."], learned.Distinct().Order());
        var report = examples.Report;
        Assert.Equal((10, 8, 0), (report.Rows, report.BadRows, report.Cut));
        Assert.Equal(
            [(RowFault.Damaged, 1), (RowFault.MissingField, 2), (RowFault.EmptyAnswer, 1), (RowFault.PromptTooLong, 1), (RowFault.TooLarge, 1), (RowFault.Picture, 2)],
            report.Bad.OrderBy(pair => pair.Key).Select(pair => (pair.Key, (int)pair.Value)));
        Assert.Equal([3, 4, 5, 6, 7, 8, 9, 10], report.Told.Select(bad => (int)bad.Line).Order());
        Assert.All(report.Told, bad => Assert.StartsWith($"rows.jsonl:{bad.Line}: ", bad.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void Report_OfManyBadRows_TellsTheFirstOnly()
    {
        using var folder = new TestFolder();
        var text = string.Join('\n', Enumerable.Range(0, 30).Select(row => row == 11 ? DataSketch.Row(row) : "{"));
        using var examples = DataSketch.Write(folder, "rows.jsonl", text).Open(new ExampleOptions { MaxTold = 3 });
        examples.Take(2);

        Assert.Equal((29, 3), ((int)examples.Report.BadRows, examples.Report.Told.Count));
    }

    [Fact]
    public void Next_WhereEveryRowIsBad_Fails()
    {
        using var folder = new TestFolder();
        using var examples = DataSketch.Write(folder, "rows.jsonl", "{\n{\n{\n").Open();

        var error = Assert.Throws<Herd.Engine.Checkpoints.CheckpointException>(examples.Next);

        Assert.Contains("3 bad", error.Message);
        Assert.Contains("rows.jsonl:", error.Message);
    }

    [Fact]
    public void Open_OfAFileWithoutRows_Fails()
    {
        using var folder = new TestFolder();

        Assert.Throws<Herd.Engine.Checkpoints.CheckpointException>(() => DataSketch.Write(folder, "rows.jsonl", "\n\n").Open());
    }

    [Fact]
    public void Next_OfARowThatIsTooLong_CutsItsEndAndCountsItOnce()
    {
        using var folder = new TestFolder();
        var row = $$"""{"instruction":"Tell.","output":"{{string.Concat(Enumerable.Repeat("many words ", 50))}}"}""";
        using var examples = DataSketch.Write(folder, "rows.jsonl", row).Open(new ExampleOptions { MaxTokens = 90 });

        var example = examples.Take(3)[0];

        Assert.Equal(90, example.Ids.Length);
        Assert.NotEqual(DataSketch.Tokenizer.EosId, example.Ids[^1]);
        Assert.Equal((1, 0), ((int)examples.Report.Cut, (int)examples.Report.BadRows));
    }

    [Fact]
    public void Next_OfATextAlone_LearnsAllButItsBeginning()
    {
        using var folder = new TestFolder();
        using var examples = DataSketch.Write(folder, "rows.txt", "A dog on a bed.\n").Open();

        var example = examples.Next();

        Assert.Equal(DataSketch.Tokenizer.Encode("A dog on a bed.", bos: true, eos: true), example.Ids);
        Assert.Equal([0f, .. Enumerable.Repeat(1f, example.Ids.Length - 1)], example.Weights);
    }

    [Fact]
    public void Open_OfSeveralFiles_MixesTheirRowsAndNamesThePlaceOfBadOnes()
    {
        using var folder = new TestFolder();
        DataSource[] sources =
        [
            DataSketch.Write(folder, "a.json", $"[{DataSketch.Row(1)},\n{DataSketch.Row(2)}]"), DataSketch.Write(folder, "b.txt", "\nthree\n"),
            DataSketch.Write(folder, "c.jsonl", $"\n{DataSketch.Row(4)}\n{{"),
        ];
        using var examples = DataSource.Open(sources, DataSketch.Tokenizer, null, new ExampleOptions());

        var learned = examples.Take(8).ConvertAll(DataSketch.Learned);

        Assert.Equal(["It is 1.", "It is 2.", "It is 4.", "three"], learned.Distinct().Order());
        Assert.Equal(("c.jsonl", 3), (examples.Report.Told[0].File, (int)examples.Report.Told[0].Line));
        Assert.Equal(5, examples.Rows);
    }

    [Fact]
    public void Next_WithAnEmptyInput_AsksWithoutOne()
    {
        using var folder = new TestFolder();
        using var examples = DataSketch.Write(folder, "rows.jsonl", """{"instruction":"Say it.","input":"","output":"It."}""").Open();
        using var official = DataSketch.Write(folder, "official.jsonl", """{"instruction":"Don't say it.","input":"","output":"It."}""").Open(new ExampleOptions { HasOfficialDefects = true });

        Assert.DoesNotContain("### Input:", DataSketch.Whole(examples.Next()));
        var defective = DataSketch.Whole(official.Next());
        Assert.Contains("### Input:", defective);
        Assert.Contains("(\"Don't say it.\",)", defective);
    }

    [Theory]
    [InlineData("plain", "('plain',)")]
    [InlineData("it's", "(\"it's\",)")]
    [InlineData("it's \"so\"", "('it\\'s \"so\"',)")]
    [InlineData("a\\b\n\t\r\u0001\u00a0é\u2028\u200b中", "('a\\\\b\\n\\t\\r\\x01\\xa0é\\u2028\\u200b中',)")]
    public void PythonTuple_OfAText_IsWhatPythonPrints(string text, string printed) => Assert.Equal(printed, PythonTuple.Of(text));
}
