using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Herd.Engine.Tokenization;

namespace Herd.Engine.Tests.Tokenization;

/// <summary>A byte-level tokenizer trained on some text, and its files in both forms. No published Llama 3 file is needed for that.</summary>
internal static class ByteLevelFiles
{
    private const int Merges = 400;

    private const string Text =
        "The quick brown fox doesn't jump over the lazy dog; it's 12345 times that they've tried. I'LL GO, we'd say.\r\n\r\n  def f(x):\n\treturn x + 1  \n"
        + "Übergröße, naïve café, 東京都 ΑΒΓ αβγ привет мир 🙂🙃 𝐀𝐁𝐂 hello hello there there banana bandana aaaaaaaa";

    /// <summary>The tokens by id: all bytes, then one per merge.</summary>
    public static IReadOnlyList<byte[]> Tokens { get; } = Train();

    public static string Tiktoken => string.Concat(Tokens.Select((token, rank) => $"{Convert.ToBase64String(token)} {rank}\n"));

    /// <summary>Every way to make a token of two, in the order of what it makes.</summary>
    public static JsonObject Json(bool pairs = false)
    {
        var texts = Tokens.Select(token => ByteAlphabet.ToText(token)).ToList();
        var known = texts.ToHashSet();
        var merges = from text in texts
                     from cut in Enumerable.Range(1, text.Length - 1)
                     where known.Contains(text[..cut]) && known.Contains(text[cut..])
                     select pairs ? (JsonNode)new JsonArray(text[..cut], text[cut..]) : JsonValue.Create($"{text[..cut]} {text[cut..]}");
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["added_tokens"] = new JsonArray([.. Llama3Controls.Behind(Tokens.Count).Select(control =>
                (JsonNode)new JsonObject { ["id"] = control.Value, ["content"] = control.Key, ["special"] = true, ["normalized"] = false })]),
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new JsonArray(
                    new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = Llama3Words.Pattern }, ["behavior"] = "Isolated", ["invert"] = false },
                    new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = false }),
            },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["byte_fallback"] = false,
                ["ignore_merges"] = true,
                ["vocab"] = new JsonObject(texts.Select((text, id) => KeyValuePair.Create(text, (JsonNode?)JsonValue.Create(id)))),
                ["merges"] = new JsonArray([.. merges]),
            },
        };
    }

    public static LlamaTokenizer Load(string content)
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            File.WriteAllText(path, content);
            return LlamaTokenizer.Load(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    public static LlamaTokenizer Load(JsonNode json) => Load(json.ToJsonString(new JsonSerializerOptions()));

    /// <summary>Joins the most frequent neighbours, again and again, within words.</summary>
    private static List<byte[]> Train()
    {
        var tokens = Enumerable.Range(0, 256).Select(value => new[] { (byte)value }).ToList();
        var words = Llama3Words.Cut(Text).Select(word => Encoding.UTF8.GetBytes(Text[word]).Select(value => (int)value).ToList()).ToList();
        while (tokens.Count < 256 + Merges && Pairs(words).OrderByDescending(pair => pair.Count()).ThenBy(pair => pair.Key).FirstOrDefault() is { } best)
        {
            var joined = tokens.Count;
            tokens.Add([.. tokens[best.Key.Left], .. tokens[best.Key.Right]]);
            foreach (var word in words)
            {
                for (var i = 0; i + 1 < word.Count; i++)
                {
                    if ((word[i], word[i + 1]) == best.Key)
                    {
                        word[i] = joined;
                        word.RemoveAt(i + 1);
                    }
                }
            }
        }

        return [.. tokens.DistinctBy(token => Convert.ToHexString(token))];
    }

    private static IEnumerable<IGrouping<(int Left, int Right), (int Left, int Right)>> Pairs(List<List<int>> words) =>
        words.SelectMany(word => word.Zip(word.Skip(1), (left, right) => (Left: left, Right: right))).GroupBy(pair => pair);
}
