using System.Text;
using System.Text.Json;
using Herd.Conformance.Tests.Golden;
using Herd.Engine.Tokenization;
using Herd.Engine.Training.Data;
using Herd.Engine.Vision;
using Herd.Testing;
using Xunit;

namespace Herd.Conformance.Tests.Training;

/// <summary>Rows become the official program's items, mistakes included where they are asked for.</summary>
public sealed class TrainingItemGoldenTests
{
    private const string Recorded = "expected/dataset-items.json";
    private const int Side = 56;

    public static TheoryData<int> Items => Cases.Of(GoldenFolder.TryJson(Recorded)?.GetProperty("items").GetArrayLength() ?? 0, "training item");

    [Theory]
    [MemberData(nameof(Items))]
    public void Row_HasTheRecordedTokensLabelsAndMask(int number)
    {
        var golden = GoldenFolder.Json(Recorded);
        var item = golden.GetProperty("items")[number];
        var length = golden.GetProperty("max_words").GetInt32();

        var example = Read(item.GetProperty("record"), new ExampleOptions { MaxTokens = length, HasOfficialDefects = true });

        Assert.Equal(Numbers(item, "tokens"), Padded(example.Ids, length));
        Assert.Equal(Numbers(item, "labels"), Padded([.. example.Ids.Zip(example.Weights).Select(pair => pair.Second > 0 ? pair.First : 0)], length));
        Assert.Equal(Numbers(item, "mask"), Padded([.. example.Ids.Select(_ => 1)], length));
    }

    [Theory]
    [MemberData(nameof(Items))]
    public void Picture_IsTheRecordedOneInTheOfficialColourOrder(int number)
    {
        var record = GoldenFolder.Json(Recorded).GetProperty("items")[number].GetProperty("record");
        if (!record.TryGetProperty("image", out var image))
        {
            Assert.Null(Read(record, new ExampleOptions()).Picture);
            return;
        }

        using var golden = GoldenTensors.Open("expected/preprocess.safetensors");
        using var expected = golden.Read($"{Path.GetFileName(image.GetString())}@{Side}.tensor_bgr_order");

        var picture = Read(record, new ExampleOptions { ChannelOrder = ChannelOrder.Bgr }).Picture!;

        Assert.All(expected.data<float>().Zip(picture.Pixels), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }

    private static TrainingExample Read(JsonElement record, ExampleOptions options)
    {
        using var folder = new TestFolder();
        var source = new DataSource { Path = folder.Write("rows.jsonl", Encoding.UTF8.GetBytes(JsonSerializer.Serialize(record))), Pictures = RepositoryFiles.Golden };
        using var examples = source.Open(LlamaTokenizer.Load(GoldenFolder.PathOf(GoldenFolder.Tokenizer)), Side, options);
        return examples.Next();
    }

    private static int[] Numbers(JsonElement item, string name) => [.. item.GetProperty(name).EnumerateArray().Select(number => number.GetInt32())];

    private static int[] Padded(int[] values, int length) => [.. values, .. new int[length - values.Length]];
}
