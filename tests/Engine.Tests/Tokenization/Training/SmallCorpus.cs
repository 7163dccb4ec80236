using Herd.Engine.Tokenization;
using Herd.Engine.Tokenization.Training;
using Xunit;

namespace Herd.Engine.Tests.Tokenization.Training;

/// <summary>A few hundred sentences, and a model learned from them.</summary>
internal static class SmallCorpus
{
    private static readonly string[] Colours = ["red", "green", "yellow", "grey", "blue"];
    private static readonly string[] Things = ["balloon", "sheep", "grass", "glass", "banana", "Tree", "caf\u00E9", "\u0434\u043E\u043C"];
    private static readonly string[] Places = ["near", "above", "across", "beneath"];

    internal static readonly string[] Words = [.. Colours, .. Things, .. Places, "the", "three", "seems"];

    internal static readonly string[] Required = ["purple", "eleven", "elephant", "phone", "one"];

    internal static readonly string[] Texts =
    [
        .. from colour in Colours
           from thing in Things
           from place in Places
           select $"The {colour} {thing} seems {place} 12 trees!!\n\"{thing}\": {{\"colour\": \"{colour}\"}} ... \U0001F600\U0001F600\tthe end",
    ];

    internal static readonly byte[] Model = Train(Texts, 410, Required);

    internal static readonly SentencePieceTokenizer Tokenizer = Load(Model);

    internal static byte[] Train(IEnumerable<string> texts, int size, IEnumerable<string>? required = null) =>
        SentencePieceTrainer.Train(texts, size, required, TestContext.Current.CancellationToken);

    internal static SentencePieceTokenizer Load(byte[] model) => (SentencePieceTokenizer)TokenizerFile.Load(model);

    internal static string[] Cut(this SentencePieceTokenizer tokenizer, string text) => [.. tokenizer.EncodeContinuation(text).Select(id => tokenizer.Model.Pieces[id])];
}
