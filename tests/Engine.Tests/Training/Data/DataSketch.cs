using System.Text;
using Herd.Engine.Tests.Execution;
using Herd.Engine.Tokenization;
using Herd.Engine.Training.Data;
using Herd.Testing;

namespace Herd.Engine.Tests.Training.Data;

/// <summary>Small files of training data, and the golden tokenizer to read them with.</summary>
internal static class DataSketch
{
    public const int Side = 56;

    public static LlamaTokenizer Tokenizer { get; } = LlamaTokenizer.Load(TinyModel.Options.TokenizerFile!);

    public static DataSource Write(TestFolder folder, string name, string text) =>
        new() { Path = folder.Write(name, Encoding.UTF8.GetBytes(text)), Pictures = TinyModel.Golden("images") };

    public static FileExamples Open(this DataSource source, ExampleOptions? options = null, int? side = Side) => source.Open(Tokenizer, side, options ?? new ExampleOptions());

    public static string Row(int number) => $$"""{"instruction":"Say {{number}}.","output":"It is {{number}}."}""";

    /// <summary>What is learned of an example.</summary>
    public static string Learned(TrainingExample example) =>
        Tokenizer.Decode([.. example.Ids.Zip(example.Weights).Where(pair => pair.Second > 0).Select(pair => pair.First)]);

    public static string Whole(TrainingExample example) => Tokenizer.Decode(example.Ids);

    public static List<TrainingExample> Take(this IExampleSource source, int count) => [.. Enumerable.Range(0, count).Select(_ => source.Next())];
}
