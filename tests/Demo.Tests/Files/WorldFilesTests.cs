using Herd.Demo.Files;
using Herd.Demo.Pictures;
using Herd.Engine.Training.Data;
using Herd.Testing;
using Xunit;

namespace Herd.Demo.Tests.Files;

/// <summary>The world as files.</summary>
public sealed class WorldFilesTests
{
    private static readonly WorldFileOptions Few = new() { Rows = 60, Pictures = 12, Tests = 6 };

    [Fact]
    public async Task WriteAsync_EveryFile_IsReadByTrainingWithoutABadRow()
    {
        using var folder = new TestFolder();
        await new WorldFiles(folder.Path, Few).WriteAsync(TestContext.Current.CancellationToken);

        Assert.All(
            [("base.jsonl", DataForm.JsonLines, 60), ("questions.json", DataForm.JsonArray, 60), ("instructions-plain.json", DataForm.JsonArray, 60),
                ("instructions-json.json", DataForm.JsonArray, 60), ("captions.jsonl", DataForm.JsonLines, 12)],
            file => AssertRead(folder, file.Item1, file.Item2, file.Item3));
        Assert.All(["test-pictures.json", "test-unseen.json", "test-instructions.json"], name => AssertRead(folder, name, DataForm.JsonArray, rows: null));
    }

    [Fact]
    public async Task WriteAsync_OfTheSameSeed_WritesTheSameBytes()
    {
        using var one = new TestFolder();
        using var other = new TestFolder();
        await new WorldFiles(one.Path, Few).WriteAsync(TestContext.Current.CancellationToken);
        await new WorldFiles(other.Path, Few).WriteAsync(TestContext.Current.CancellationToken);

        var files = Directory.EnumerateFiles(one.Path, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(one.Path, file)).ToArray();
        Assert.True(files.Length > 20);
        Assert.All(files, file => Assert.Equal(File.ReadAllBytes(one.In(file)), File.ReadAllBytes(other.In(file))));
    }

    private static void AssertRead(TestFolder folder, string name, DataForm form, int? rows)
    {
        using var examples = new DataSource { Path = folder.In(name), Form = form }.Open(WorldTokenizer.Shared, WorldPicture.Side, new ExampleOptions());
        for (var row = 0; row < examples.Rows; row++)
        {
            examples.Next();
        }

        Assert.Equal(rows ?? examples.Rows, examples.Rows);
        Assert.Equal(0, examples.Report.BadRows);
    }
}
