using Herd.Engine.Tokenization;
using Herd.Engine.Training.Data;

namespace Herd.Demo.Rows;

/// <summary>Turns rows into tokens, word by word: no piece crosses a space, so each word of the world is encoded once.</summary>
/// <remarks>One thread at a time.</remarks>
public sealed class RowEncoder
{
    private readonly Func<string, int[]> _encode;
    private readonly int _bos;
    private readonly int _eos;
    private readonly Dictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _words =
        new Dictionary<string, int[]>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>An encoder over any tokenizer that keeps words apart.</summary>
    /// <param name="encode">Encodes a text that begins with a space and continues another.</param>
    /// <param name="bos">The id that begins a row.</param>
    /// <param name="eos">The id that ends an answer.</param>
    public RowEncoder(Func<string, int[]> encode, int bos, int eos)
    {
        (_encode, _bos, _eos) = (encode, bos, eos);
    }

    /// <summary>An encoder over a SentencePiece tokenizer.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    public RowEncoder(LlamaTokenizer tokenizer)
        : this((tokenizer ?? throw new ArgumentNullException(nameof(tokenizer))).EncodeContinuation, tokenizer.BosId, tokenizer.EosId)
    {
    }

    /// <summary>A row as the model takes it. Its ids are those of the whole text behind BOS, as a prompt and its answer have them.</summary>
    internal TrainingExample Encode(RowText row)
    {
        List<int> ids = [_bos];
        List<float> weights = [0];
        foreach (var (text, weight, follows) in row.Spans)
        {
            AppendWords(follows ? " " + text : text, ids);
            FillUp(weights, ids.Count, weight);
        }

        if (row.EndWeight is { } end)
        {
            ids.Add(_eos);
            weights.Add(end);
        }

        return new TrainingExample([.. ids], [.. weights], row.Picture);
    }

    private static void FillUp(List<float> weights, int count, float weight)
    {
        while (weights.Count < count)
        {
            weights.Add(weight);
        }
    }

    private void AppendWords(string text, List<int> ids)
    {
        for (var start = 0; start < text.Length;)
        {
            var space = text.IndexOf(' ', start + 1);
            var end = space < 0 ? text.Length : space;
            ids.AddRange(WordIds(text.AsSpan(start, end - start)));
            start = end;
        }
    }

    private int[] WordIds(ReadOnlySpan<char> word)
    {
        if (!_words.TryGetValue(word, out var ids))
        {
            ids = _encode(word.ToString());
            _words[word] = ids;
        }

        return ids;
    }
}
