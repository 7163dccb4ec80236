using System.Text.Json;

namespace Herd.Engine.Tokenization;

/// <summary>The parts of a <c>tokenizer.json</c> that decide how text is encoded. Whatever is none of Llama 3's is refused by name.</summary>
internal sealed class HuggingFaceTokenizerFile
{
    private const int MaxDepth = 32;

    /// <summary>Settings that must be absent, null or false.</summary>
    private static readonly string[] UnusedModelSettings = ["dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback"];

    private HuggingFaceTokenizerFile(JsonElement root)
    {
        Expect(root.TryGetProperty("model", out var model) && TypeOf(model) == "BPE", "model", "a BPE model");
        Expect(IsUnused(root, "normalizer"), "normalizer", "none");
        ExpectLlama3Words(root);
        foreach (var setting in UnusedModelSettings)
        {
            Expect(IsUnused(model, setting), $"model.{setting}", "none (a SentencePiece tokenizer is read from its tokenizer.model)");
        }

        Expect(model.TryGetProperty("ignore_merges", out var ignore) && ignore.ValueKind == JsonValueKind.True, "model.ignore_merges", "true");
        Tokens = ReadTokens(model);
        Merges = ReadMerges(model);
        Controls = ReadControls(root, Tokens.Count);
    }

    /// <summary>The bytes of each token, by id.</summary>
    internal IReadOnlyList<byte[]> Tokens { get; }

    /// <summary>Pairs that join, the first ones first, bytes as characters.</summary>
    internal IReadOnlyList<(string Left, string Right)> Merges { get; }

    /// <summary>The control tokens, whose ids follow the tokens'.</summary>
    internal IReadOnlyDictionary<string, int> Controls { get; }

    /// <exception cref="FormatException">The bytes are no such file, or ask for something unsupported.</exception>
    internal static HuggingFaceTokenizerFile Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = MaxDepth });
            return new HuggingFaceTokenizerFile(document.RootElement);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException("found damaged or foreign JSON: " + error.Message.TrimEnd('.'), error);
        }
    }

    private static void ExpectLlama3Words(JsonElement root)
    {
        const string Field = "pre_tokenizer";
        Expect(root.TryGetProperty(Field, out var sequence) && TypeOf(sequence) == "Sequence", Field, "a Sequence of Split and ByteLevel");
        var parts = sequence.GetProperty("pretokenizers").EnumerateArray().ToList();
        Expect(parts.Select(TypeOf).SequenceEqual(["Split", "ByteLevel"]), Field, "a Sequence of Split and ByteLevel");
        Expect(
            parts[0].TryGetProperty("pattern", out var pattern) && pattern.TryGetProperty("Regex", out var regex) && regex.GetString() == Llama3Words.Pattern
            && parts[0].GetProperty("behavior").GetString() == "Isolated" && IsUnused(parts[0], "invert"),
            $"{Field}.Split",
            "Llama 3's pattern, isolated");
        Expect(IsUnused(parts[1], "add_prefix_space") && IsUnused(parts[1], "use_regex"), $"{Field}.ByteLevel", "neither add_prefix_space nor use_regex");
    }

    private static byte[][] ReadTokens(JsonElement model)
    {
        var entries = model.GetProperty("vocab").EnumerateObject().ToList();
        var tokens = new byte[entries.Count][];
        foreach (var entry in entries)
        {
            Expect(entry.Value.TryGetInt32(out var id) && id >= 0 && id < tokens.Length && tokens[id] is null, "model.vocab", "ids from 0 without a gap");
            tokens[id] = ByteAlphabet.ToBytes(entry.Name);
        }

        return tokens;
    }

    /// <summary>Each is "left right", or an array of both.</summary>
    private static List<(string Left, string Right)> ReadMerges(JsonElement model)
    {
        var merges = new List<(string, string)>();
        foreach (var entry in model.GetProperty("merges").EnumerateArray())
        {
            string[] pair = entry.ValueKind == JsonValueKind.String ? entry.GetString()!.Split(' ') : [.. entry.EnumerateArray().Select(part => part.GetString() ?? "")];
            Expect(pair.Length == 2, "model.merges", "pairs of tokens");
            merges.Add((ByteLevelVocabulary.Text(ByteAlphabet.ToBytes(pair[0])), ByteLevelVocabulary.Text(ByteAlphabet.ToBytes(pair[1]))));
        }

        return merges;
    }

    private static Dictionary<string, int> ReadControls(JsonElement root, int tokens)
    {
        var controls = new Dictionary<string, int>();
        foreach (var entry in root.GetProperty("added_tokens").EnumerateArray())
        {
            var name = entry.GetProperty("content").GetString() ?? "";
            Expect(entry.TryGetProperty("special", out var special) && special.ValueKind == JsonValueKind.True, "added_tokens", $"special tokens alone, not '{name}'");
            Expect(controls.TryAdd(name, entry.GetProperty("id").GetInt32()), "added_tokens", $"every token once, not '{name}' twice");
        }

        Expect(controls.Values.Order().SequenceEqual(Enumerable.Range(tokens, controls.Count)), "added_tokens", $"ids from {tokens} on without a gap");
        return controls;
    }

    private static string? TypeOf(JsonElement element) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty("type", out var type) ? type.GetString() : null;

    private static bool IsUnused(JsonElement element, string field) =>
        !element.TryGetProperty(field, out var value) || value.ValueKind is JsonValueKind.Null or JsonValueKind.False;

    private static void Expect(bool holds, string field, string expected)
    {
        if (!holds)
        {
            throw new FormatException($"'{field}' is not supported, expected {expected}");
        }
    }
}
