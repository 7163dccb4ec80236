using Herd.Demo.Words;
using Herd.Engine.Tokenization;
using Herd.Engine.Tokenization.Training;
using Herd.Testing;

namespace Herd.Demo.Tests;

/// <summary>A tokenizer that was made for the world.</summary>
internal static class WorldTokenizer
{
    public static LlamaTokenizer Shared { get; } = Make();

    private static LlamaTokenizer Make()
    {
        using var folder = new TestFolder();
        File.WriteAllBytes(folder.In("tokenizer.model"), SentencePieceTrainer.Train(WorldWords.TokenizerTexts, WorldWords.TokenizerSize, WorldWords.Required));
        return LlamaTokenizer.Load(folder.In("tokenizer.model"));
    }
}
