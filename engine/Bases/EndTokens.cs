using Herd.Engine.Tokenization;

namespace Herd.Engine.Bases;

/// <summary>The ids that end an answer of a Hugging Face base, as its files name them.</summary>
internal static class EndTokens
{
    private const string Begin = "bos_token_id";
    private const string End = "eos_token_id";

    /// <summary>More than any base has; it only bounds what is read.</summary>
    private const int Most = 256;

    /// <summary>The ids of the first file that names any, and those of the tokenizer.</summary>
    /// <param name="files">The files, the one that takes precedence first.</param>
    /// <param name="tokenizer">The base's tokenizer.</param>
    /// <returns>The ids.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: an id that the tokenizer has not, or another beginning than the tokenizer's.</exception>
    internal static IReadOnlySet<int> Read(IReadOnlyList<ConfigFile> files, LlamaTokenizer tokenizer)
    {
        foreach (var file in files)
        {
            ExpectBegin(file, tokenizer);
        }

        var named = files.Select(file => file.TryInts(End, 0, tokenizer.VocabularySize - 1, Most)).ToArray();
        return (named.FirstOrDefault(ids => ids is not null) ?? []).Concat(tokenizer.EndIds).ToHashSet();
    }

    /// <summary>Prompts begin with the tokenizer's id. A base that was trained with another would answer badly, and nobody would know why.</summary>
    private static void ExpectBegin(ConfigFile file, LlamaTokenizer tokenizer)
    {
        if (file.TryInts(Begin, 0, int.MaxValue, mostOfThem: 1) is [var id] && id != tokenizer.BosId)
        {
            throw file.Refuse(Begin, $"{tokenizer.BosId}, with which the tokenizer begins a text (correct the file, or name the base's own tokenizer)", $"{id}");
        }
    }
}
