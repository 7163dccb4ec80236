using System.Text.Json;
using Herd.Conformance.Tests.Golden;
using Xunit;

namespace Herd.Conformance.Tests.Model;

/// <summary>A recorded generation: prompts, what the official program fed step by step, and its answers.</summary>
/// <param name="file">The file's name without folder and ending.</param>
/// <param name="name">The run's name in it.</param>
/// <param name="run">The run.</param>
internal sealed class GoldenRun(string file, string name, JsonElement run)
{
    private const string Prefix = "generate-";

    /// <summary>Every run, as its file's name, a slash and its own name.</summary>
    public static TheoryData<string> All => Cases.Of(GoldenFolder.Find($"expected/{Prefix}*.json").SelectMany(RunsIn), "generation");

    public GoldenAdapter Adapter => GoldenAdapter.Behind(file);

    public string LogitsFile => $"expected/{file}-logits.safetensors";

    public string LogitsName => name + "_step_logits";

    public int[][] PromptIds => Lists("prompt_ids");

    /// <summary>Row of the prepared pictures for each prompt; null for runs without pictures.</summary>
    public int[]? ImageRows => run.TryGetProperty("image_rows", out var rows) ? Ids(rows) : null;

    public int? EndId => run.TryGetProperty("eos_id", out var end) ? end.GetInt32() : null;

    public bool HasSteps => run.TryGetProperty("tokens_fed", out _) && run.TryGetProperty("start_positions", out _);

    /// <summary>What was fed, [prompts][positions].</summary>
    public int[][] TokensFed => Lists("tokens_fed");

    /// <summary>Position that each step began at.</summary>
    public int[] StartPositions => Ids(run.GetProperty("start_positions"));

    public int[][] GeneratedIds => Lists("generated_ids");

    public IEnumerable<string> Texts => run.GetProperty("decoded").EnumerateArray().Select(text => text.GetString()!);

    /// <summary>A run by its name in <see cref="All"/>; skips the test where it cannot be repeated.</summary>
    public static GoldenRun Of(string key)
    {
        var (file, name) = (key[..key.IndexOf('/', StringComparison.Ordinal)], key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..]);
        var run = GoldenFolder.Json($"expected/{file}.json").GetProperty(name);
        var sampled = run.TryGetProperty("temperature", out var temperature) && temperature.GetDouble() != 0;
        Assert.SkipWhen(sampled, "The run was sampled, by a random number generator of the official program's own.");
        return new GoldenRun(file, name, run);
    }

    /// <summary>Tokens that may follow a prompt: all rows stop where the longest has all it may have, or at the length's limit.</summary>
    public int RoomFor(int[] prompt)
    {
        var most = run.GetProperty("max_gen_len").GetInt32();
        var total = most + PromptIds.Max(ids => ids.Length);
        return Math.Min(most, (run.TryGetProperty("max_seq_len", out var limit) ? Math.Min(limit.GetInt32(), total) : total) - prompt.Length);
    }

    /// <summary>The rows whose token at a position was chosen, not given by their prompt, and that token.</summary>
    public IEnumerable<(int Row, int Id)> ChoicesAt(int position)
    {
        var fed = TokensFed;
        var isEnd = position == fed[0].Length;
        if (isEnd && !run.TryGetProperty("last_step_argmax", out _))
        {
            return [];
        }

        var chosen = isEnd ? Ids(run.GetProperty("last_step_argmax")) : [.. fed.Select(ids => ids[position])];
        return PromptIds.Select((prompt, row) => (Row: row, IsChosen: isEnd || position >= prompt.Length)).Where(row => row.IsChosen).Select(row => (row.Row, chosen[row.Row]));
    }

    private static IEnumerable<string> RunsIn(string path) => GoldenFolder.Json(path).EnumerateObject()
        .Where(run => run.Value.TryGetProperty("prompt_ids", out _)).Select(run => $"{Path.GetFileNameWithoutExtension(path)}/{run.Name}");

    private static int[] Ids(JsonElement list) => [.. list.EnumerateArray().Select(id => id.GetInt32())];

    private int[][] Lists(string property) => [.. run.GetProperty(property).EnumerateArray().Select(Ids)];
}
