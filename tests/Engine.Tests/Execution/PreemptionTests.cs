using Herd.Engine.Execution;
using Herd.Engine.Sampling;
using Xunit;

namespace Herd.Engine.Tests.Execution;

/// <summary>A sequence that gives its blocks to an older one, at any of its tokens, goes on with the bits it would have had.</summary>
public sealed class PreemptionTests
{
    private const int Blocks = 9;
    private const int Tokens = 60;
    private const string Picture = "rgb_96x71.png";

    private static readonly EngineOptions Scarce = TinyModel.Options with { KvCacheTokens = Blocks * 16, MaxSequenceTokens = Blocks * 16, MaxRunningSequences = 4 };
    private static readonly int[] Lengths = [20, 43, 62];

    public static TheoryData<string?, bool, EngineDtype> Kinds
    {
        get
        {
            var kinds = new TheoryData<string?, bool, EngineDtype>();
            foreach (var adapter in TinyModel.Adapters.Append(null))
            {
                foreach (var picture in TinyModel.TakesPictures(adapter) ? [true, false] : new[] { false })
                {
                    kinds.Add(adapter, picture, EngineDtype.Float32);
                    kinds.Add(adapter, picture, EngineDtype.BFloat16);
                }
            }

            return kinds;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task GenerateAsync_AYoungerSequencePreemptedAtAnyToken_AnswersAsAlone(string? adapter, bool picture, EngineDtype dtype)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var engine = await TinyModel.LoadAsync(Scarce with { Dtype = dtype, ReusePrompts = picture });
        var young = new GenerationRequest
        {
            PromptIds = [1, .. Enumerable.Range(5, 24)],
            Adapter = adapter is null ? null : await TinyModel.LoadAdapterAsync(engine, adapter),
            Picture = picture ? TinyModel.Pictures[Picture] : null,
            Sampling = new SamplingOptions { Temperature = 0.8f, Seed = 7 },
            MaxTokens = Tokens,
            IgnoreEnd = true,
            LikeliestTokens = 0,
        };
        var alone = await Answer.ReadAsync(engine.GenerateAsync(young, cancel));
        var before = engine.Status.Preemptions;
        foreach (var length in Lengths)
        {
            var found = await JoinAsync(engine, new GenerationRequest { PromptIds = [1, .. Enumerable.Range(40, length - 1)], MaxTokens = Tokens + 10, IgnoreEnd = true }, young);

            Assert.Equal(alone.Ids, found.Ids);
            Assert.Equal(alone.LogProbabilities, found.LogProbabilities);
            Assert.Equal(alone.Text, found.Text);
        }

        Assert.True(engine.Status.Preemptions >= before + Lengths.Length, $"{engine.Status.Preemptions - before} preemptions in {Lengths.Length} rounds.");
    }

    /// <summary>The answer to one that joins as soon as an older one has its first token.</summary>
    private static async Task<Answer> JoinAsync(TestEngine engine, GenerationRequest older, GenerationRequest young)
    {
        var cancel = TestContext.Current.CancellationToken;
        Task<Answer>? joined = null;
        await Answer.ReadAsync(engine.GenerateAsync(older, cancel), count => joined ??= Answer.ReadAsync(engine.GenerateAsync(young, cancel)));
        return await joined!;
    }
}
