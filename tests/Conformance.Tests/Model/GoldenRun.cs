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
    public static TheoryData<string> All => Cases.Of(Keys, "generation");

    private static IEnumerable<string> Keys => GoldenFolder.Find($"expected/{Prefix}*.json").SelectMany(RunsIn);

    public GoldenAdapter Adapter => GoldenAdapter.Behind(file);

    private string File => file;

    private bool IsSampled => Find("temperature") is { } temperature && temperature.GetDouble() != 0;

    public string LogitsFile => $"expected/{file}-logits.safetensors";

    public string LogitsName => name + "_step_logits";

    public int[][] PromptIds => Lists("prompt_ids");

    /// <summary>Row of the prepared pictures for each prompt; null for runs without pictures.</summary>
    public int[]? ImageRows => Find("image_rows") is { } rows ? Ids(rows) : null;

    public int? EndId => Find("eos_id")?.GetInt32();

    public bool HasSteps => Find("tokens_fed") is not null && Find("start_positions") is not null;

    /// <summary>What was fed, [prompts][positions].</summary>
    public int[][] TokensFed => Lists("tokens_fed");

    /// <summary>Position that each step began at.</summary>
    public int[] StartPositions => Ids(run.GetProperty("start_positions"));

    public int[][] GeneratedIds => Lists("generated_ids");

    public IEnumerable<string> Texts => run.GetProperty("decoded").EnumerateArray().Select(text => text.GetString()!);

    /// <summary>A run by its name in <see cref="All"/>; skips the test where it cannot be repeated.</summary>
    public static GoldenRun Of(string key)
    {
        var run = Read(key);
        Assert.SkipWhen(run.IsSampled, "The run was sampled, by a random number generator of the official program's own.");
        return run;
    }

    /// <summary>Some run of an adapter that can be repeated; null where none is recorded.</summary>
    public static GoldenRun? FirstOf(GoldenAdapter adapter) => Keys.Select(Read).FirstOrDefault(run => !run.IsSampled && GoldenAdapter.TryBehind(run.File) == adapter);

    /// <summary>Tokens that may follow a prompt: all rows stop where the longest has all it may have, or at the length's limit.</summary>
    public int RoomFor(int[] prompt)
    {
        var most = run.GetProperty("max_gen_len").GetInt32();
        var total = Math.Min(most + PromptIds.Max(ids => ids.Length), Find("max_seq_len")?.GetInt32() ?? int.MaxValue);
        return Math.Min(most, total - prompt.Length);
    }

    /// <summary>The rows whose token at a position was chosen, not given by their prompt, and that token.</summary>
    public IEnumerable<(int Row, int Id)> ChoicesAt(int position)
    {
        var fed = TokensFed;
        if (position == fed[0].Length)
        {
            return Find("last_step_argmax") is { } last ? Ids(last).Select((id, row) => (row, id)) : [];
        }

        var prompts = PromptIds;
        return Enumerable.Range(0, fed.Length).Where(row => position >= prompts[row].Length).Select(row => (row, fed[row][position]));
    }

    private static GoldenRun Read(string key)
    {
        var (file, name) = (key[..key.IndexOf('/', StringComparison.Ordinal)], key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..]);
        return new GoldenRun(file, name, GoldenFolder.Json($"expected/{file}.json").GetProperty(name));
    }

    private static IEnumerable<string> RunsIn(string path) => GoldenFolder.Json(path).EnumerateObject()
        .Where(run => run.Value.TryGetProperty("prompt_ids", out _)).Select(run => $"{Path.GetFileNameWithoutExtension(path)}/{run.Name}");

    /// <summary>A field; null where it is absent or null itself.</summary>
    private JsonElement? Find(string field) => run.TryGetProperty(field, out var found) && found.ValueKind != JsonValueKind.Null ? found : null;

    private static int[] Ids(JsonElement list) => [.. list.EnumerateArray().Select(id => id.GetInt32())];

    private int[][] Lists(string property) => [.. run.GetProperty(property).EnumerateArray().Select(Ids)];
}
