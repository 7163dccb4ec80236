using System.Runtime.InteropServices;
using Herd.Conformance.Tests.Golden;
using Herd.Conformance.Tests.Vision;
using Herd.Engine.Execution;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Model;

/// <summary>The whole engine, from prompt text to answer text, against the official generation. Rows of a run share the engine's batch.</summary>
public sealed class GenerateGoldenTests
{
    public static TheoryData<string> Runs => GoldenRun.All;

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task GenerateAsync_GivesTheOfficialIdsAndText(string name)
    {
        var run = GoldenRun.Of(name);
        var cancel = TestContext.Current.CancellationToken;
        await using var engine = await InferenceEngine.LoadAsync(Options(run.Adapter), cancellationToken: cancel);
        using var package = run.Adapter.Read(engine.Base.Config, engine.Base.Digest);
        using var lease = await engine.LoadAdapterAsync(package, cancel);
        var pictures = Pictures(run);

        var answers = await Task.WhenAll(run.PromptIds.Select((ids, row) => AnswerAsync(engine, new GenerationRequest
        {
            PromptIds = ids,
            Adapter = lease,
            PreparedPicture = pictures?[row],
            MaxTokens = run.RoomFor(ids),
            EndIds = run.EndId is { } end ? new HashSet<int> { end } : null,
        })));

        Assert.Equal(run.GeneratedIds, answers.Select(answer => answer.Ids));
        Assert.Equal(run.Texts, answers.Select(answer => answer.Text));
    }

    /// <summary>What the official program fed, fed here: the logits of every step where they are recorded, and everywhere the choice they lead to.</summary>
    [Theory]
    [MemberData(nameof(Runs))]
    public void EveryStep_GivesTheOfficialLogitsAndChoices(string name)
    {
        using var scope = NewDisposeScope();
        var run = GoldenRun.Of(name);
        Assert.SkipUnless(run.HasSteps, "No steps are recorded.");
        using var model = AdaptedModel.Load(run.Adapter);
        var pictures = run.ImageRows is null ? null : GoldenPictures.Prepared();
        var rows = run.TokensFed.Select((_, row) => model.NewSequence(pictures?[run.ImageRows![row]])).ToArray();
        var steps = new List<Tensor>();
        for (var step = 0; step < run.StartPositions.Length; step++)
        {
            var from = run.StartPositions[step];
            var to = step + 1 < run.StartPositions.Length ? run.StartPositions[step + 1] : run.TokensFed[0].Length;
            var logits = model.Model.Step(null, [.. rows.Select((row, number) => (row, run.TokensFed[number][from..to]))]);
            steps.Add(stack(logits.Select(part => part[-1])));
            Assert.All(run.ChoicesAt(to), choice => Assert.Equal(choice.Id, (int)steps[^1][choice.Row].argmax().item<long>()));
        }

        if (GoldenTensors.NamesIn(run.LogitsFile).Contains(run.LogitsName))
        {
            using var expected = GoldenTensors.Open(run.LogitsFile);
            expected.AssertClose(run.LogitsName, stack(steps), Difference.Logits);
        }
    }

    private static EngineOptions Options(GoldenAdapter adapter) => new()
    {
        BaseFolder = AdaptedModel.BaseOf(adapter).Folder,
        TokenizerFile = GoldenFolder.PathOf(GoldenFolder.Tokenizer),
        ClipPath = adapter.TakesPictures ? GoldenPictures.EncoderPath : null,
        Dtype = EngineDtype.Float32,
    };

    private static async Task<(int[] Ids, string Text)> AnswerAsync(InferenceEngine engine, GenerationRequest request)
    {
        var (ids, text) = (new List<int>(), "");
        if (request.MaxTokens < 1)
        {
            return ([], text);
        }

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

    private static PreparedPicture[]? Pictures(GoldenRun run)
    {
        using var scope = NewDisposeScope();
        var pictures = run.ImageRows is null ? null : GoldenPictures.Prepared();
        return pictures is null
            ? null
            : [.. run.ImageRows!.Select(row => new PreparedPicture($"row {row}", MemoryMarshal.Cast<byte, float>(pictures[row].contiguous().clone().bytes).ToArray()))];
    }
}
