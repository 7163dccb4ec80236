using Herd.Engine.Adapters;
using Herd.Engine.Execution;
using Herd.Engine.Prompts;
using Herd.Testing;
using Xunit;

namespace Herd.Engine.Tests.Execution;

/// <summary>A trained model answers as an independent float32 program says, all requests of all adapters in one batch.</summary>
public sealed class ShapesModelTests(ITestOutputHelper output)
{
    private const double DecisiveGap = 0.02;
    private const int MaxTokens = 48;

    [Theory]
    [InlineData(EngineDtype.Float32, EngineWeights.Stored)]
    [InlineData(EngineDtype.BFloat16, EngineWeights.Stored)]
    [InlineData(EngineDtype.Float32, EngineWeights.Int8)]
    [InlineData(EngineDtype.BFloat16, EngineWeights.Int8)]
    public async Task GenerateAsync_EveryStoredQuestion_GivesTheStoredAnswer(EngineDtype dtype, EngineWeights weights)
    {
        Assert.SkipWhen(ShapesModel.Folder is null, "The trained example model is not beside the checkout.");
        var cancel = TestContext.Current.CancellationToken;
        var options = new EngineOptions { BaseFolder = ShapesModel.In("base"), ClipPath = ShapesModel.In("clip", "clip.pth"), Dtype = dtype, Weights = weights, MaxWaitingSequences = 1000 };
        await using var engine = await TestEngine.LoadAsync(options, cancel);
        using var scenes = await LoadAsync(engine, "scenes-official", engine.AdapterReadOptions with { VisualHeads = 4 });
        using var early = await LoadAsync(engine, "scenes-early", engine.AdapterReadOptions with { VisualHeads = 4 }, ".safetensors");
        using var pirate = await LoadAsync(engine, "pirate", engine.AdapterReadOptions);
        using var json = await LoadAsync(engine, "json", engine.AdapterReadOptions);

        (string Name, AdapterLease? Lease, IReadOnlyList<ShapesCase> Cases)[] sets =
        [
            ("scenes-official, pictures", scenes, ShapesModel.Questions("scenes-official")),
            ("scenes-official, text", scenes, ShapesModel.Instructions("scenes-official")),
            ("scenes-early, pictures", early, ShapesModel.Questions("scenes-early")),
            ("scenes-early, text", early, ShapesModel.Instructions("scenes-early")),
            ("pirate", pirate, ShapesModel.Instructions("pirate")),
            ("json", json, ShapesModel.Instructions("json")),
            ("bare base", null, ShapesModel.Instructions("base")),
        ];
        var answers = await Task.WhenAll(sets.SelectMany(set => set.Cases.Select(async wanted => (set.Name, wanted, Ids: await AnswerAsync(engine, set.Lease, wanted)))));

        foreach (var set in answers.GroupBy(answer => answer.Name))
        {
            output.WriteLine($"{dtype}, {weights}, {set.Key}: {set.Count(answer => answer.Ids.SequenceEqual(answer.wanted.Ids))} of {set.Count()} equal");
        }

        Assert.NotEmpty(answers);
        if (dtype == EngineDtype.Float32 && weights == EngineWeights.Stored)
        {
            Assert.All(answers.Where(answer => answer.wanted.Gap > DecisiveGap), answer => Assert.Equal(answer.wanted.Ids, answer.Ids));
        }
        else
        {
            // Fewer bits may turn a close choice; most choices of this model are not close.
            Assert.InRange(answers.Count(answer => answer.Ids.SequenceEqual(answer.wanted.Ids)), 0.95 * answers.Length, answers.Length);
        }
    }

    private static async Task<AdapterLease> LoadAsync(TestEngine engine, string name, AdapterReadOptions options, string ending = ".pth")
    {
        using var package = AdapterPackage.Read(ShapesModel.In("adapters", name + ending), options);
        return await engine.LoadAdapterAsync(package, TestContext.Current.CancellationToken);
    }

    private static async Task<int[]> AnswerAsync(TestEngine engine, AdapterLease? adapter, ShapesCase wanted)
    {
        var prompt = PromptTemplate.Get("alpaca").Render([new ChatMessage(ChatRole.User, wanted.Instruction)], wanted.Input);
        var request = new GenerationRequest
        {
            PromptIds = engine.Tokenizer.Encode(prompt, bos: true),
            Adapter = adapter,
            Picture = wanted.Picture is { } path ? await File.ReadAllBytesAsync(path) : null,
            MaxTokens = MaxTokens,
        };
        Assert.Equal(wanted.PromptIds, request.PromptIds);
        var ids = new List<int>();
        await foreach (var happened in engine.GenerateAsync(request, TestContext.Current.CancellationToken))
        {
            if (happened is TokenGenerated token)
            {
                ids.Add(token.TokenId);
            }
        }

        return [.. ids];
    }
}
