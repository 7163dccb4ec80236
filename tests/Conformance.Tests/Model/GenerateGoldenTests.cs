using System.Runtime.InteropServices;
using System.Text.Json;
using Herd.Conformance.Tests.Vision;
using Herd.Engine.Execution;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Model;

/// <summary>The whole engine, from prompt text to answer text, against the official generation. Rows of a run share the engine's batch.</summary>
public sealed class GenerateGoldenTests
{
    /// <summary>Adapter and run of every recorded generation.</summary>
    public static TheoryData<string, string> Runs
    {
        get
        {
            var runs = new TheoryData<string, string>();
            foreach (var path in Directory.EnumerateFiles(Golden.In("expected"), "generate-*.json"))
            {
                using var file = JsonDocument.Parse(File.ReadAllBytes(path));
                foreach (var run in file.RootElement.EnumerateObject())
                {
                    runs.Add(Path.GetFileNameWithoutExtension(path)["generate-".Length..], run.Name);
                }
            }

            return runs;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task GenerateAsync_GivesTheOfficialIdsAndText(string adapter, string name)
    {
        var folder = GoldenAdapter.BaseFolderOf(adapter);
        var cancel = TestContext.Current.CancellationToken;
        var options = new EngineOptions { BaseFolder = folder, TokenizerFile = Golden.Tokenizer, ClipPath = VisionGolden.ClipFiles[0], Dtype = EngineDtype.Float32 };
        await using var engine = await InferenceEngine.LoadAsync(options, cancellationToken: cancel);
        using var package = GoldenAdapter.Read(adapter, Engine.Bases.BaseFolder.Open(folder, Golden.Tokenizer), engine.Base.Digest);
        using var lease = await engine.LoadAdapterAsync(package, cancel);
        using var file = JsonDocument.Parse(await File.ReadAllBytesAsync(Golden.In("expected", $"generate-{adapter}.json"), cancel));
        var run = file.RootElement.GetProperty(name);
        var prompts = run.GetProperty("prompts").EnumerateArray().Select(prompt => engine.Tokenizer.Encode(prompt.GetString()!, bos: true)).ToArray();
        var longest = prompts.Max(ids => ids.Length);
        var most = run.GetProperty("max_gen_len").GetInt32();
        var total = Math.Min(run.TryGetProperty("max_seq_len", out var limit) ? limit.GetInt32() : int.MaxValue, most + longest);
        var pictures = Pictures(run);

        var answers = await Task.WhenAll(prompts.Select((ids, row) => AnswerAsync(engine, new GenerationRequest
        {
            PromptIds = ids,
            Adapter = lease,
            PreparedPicture = pictures?[row],
            MaxTokens = Math.Min(most, total - ids.Length),
            EndId = run.TryGetProperty("eos_id", out var end) ? end.GetInt32() : null,
        })));

        Assert.Equal(Lists(run, "prompt_ids"), prompts);
        Assert.Equal(Lists(run, "generated_ids"), answers.Select(answer => answer.Ids));
        Assert.Equal(run.GetProperty("decoded").EnumerateArray().Select(text => text.GetString()), answers.Select(answer => answer.Text));
    }

    private static async Task<(int[] Ids, string Text)> AnswerAsync(InferenceEngine engine, GenerationRequest request)
    {
        var (ids, text) = (new List<int>(), "");
        await foreach (var happened in engine.GenerateAsync(request, TestContext.Current.CancellationToken))
        {
            text += happened.Text;
            if (happened is TokenGenerated token)
            {
                Assert.Equal(ids.Count, token.Index);
                ids.Add(token.TokenId);
            }
        }

        return ([.. ids], text);
    }

    private static PreparedPicture[]? Pictures(JsonElement run)
    {
        if (!run.TryGetProperty("image_rows", out var rows))
        {
            return null;
        }

        using var scope = NewDisposeScope();
        using var images = Golden.Expected("images");
        var pictures = images.Read("imgs");
        return [.. rows.EnumerateArray().Select(row => row.GetInt32()).Select(row =>
            new PreparedPicture($"row {row}", MemoryMarshal.Cast<byte, float>(pictures[row].contiguous().clone().bytes).ToArray()))];
    }

    private static IEnumerable<int[]> Lists(JsonElement run, string name) =>
        run.GetProperty(name).EnumerateArray().Select(list => list.EnumerateArray().Select(id => id.GetInt32()).ToArray());
}
