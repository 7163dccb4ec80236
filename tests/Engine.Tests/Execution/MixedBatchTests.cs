using System.Collections.Concurrent;
using Herd.Engine.Execution;
using Xunit;

namespace Herd.Engine.Tests.Execution;

/// <summary>Whatever shares its batch, a request gets the answer it gets alone, bit for bit.</summary>
public sealed class MixedBatchTests(ITestOutputHelper output, MixedBatchTests.AnsweredAlone alone) : IClassFixture<MixedBatchTests.AnsweredAlone>
{
    private static readonly Ask[] AnyLengths = Workload.Random(seed: 1, count: 32, longestPrompt: 150, mostTokens: 25);
    private static readonly Ask[] LongAnswers = Workload.Random(seed: 2, count: 20, longestPrompt: 30, mostTokens: 60);

    private static readonly Ask[] BareBase = [.. AnyLengths.Take(12).Select(ask => ask with { Adapter = null, Picture = null })];

    [Theory]
    [InlineData(EngineDtype.Float32, EngineWeights.Stored)]
    [InlineData(EngineDtype.BFloat16, EngineWeights.Stored)]
    [InlineData(EngineDtype.Float32, EngineWeights.Int8)]
    [InlineData(EngineDtype.BFloat16, EngineWeights.Int8)]
    public async Task GenerateAsync_AllKindsOfRequestsTogether_AnswersAsAlone(EngineDtype dtype, EngineWeights weights) =>
        await ExpectAsAloneAsync(TinyModel.Options with { Dtype = dtype, Weights = weights }, AnyLengths, arrivals: 1);

    [Theory]
    [InlineData(EngineDtype.Float32)]
    [InlineData(EngineDtype.BFloat16)]
    public async Task GenerateAsync_FewRowsPerStep_AnswersAsAlone(EngineDtype dtype) =>
        await ExpectAsAloneAsync(TinyModel.Options with { Dtype = dtype, MaxRunningSequences = 6, MaxStepTokens = 70 }, AnyLengths, arrivals: 2);

    [Theory]
    [InlineData(EngineDtype.Float32, 1)]
    [InlineData(EngineDtype.BFloat16, 2)]
    public async Task GenerateAsync_FewerSlotsThanAdapters_AnswersAsAlone(EngineDtype dtype, int slots) =>
        await ExpectAsAloneAsync(TinyModel.Options with { Dtype = dtype, AdapterSlots = slots }, AnyLengths, arrivals: 3);

    [Theory]
    [InlineData(EngineDtype.Float32, EngineWeights.Stored)]
    [InlineData(EngineDtype.BFloat16, EngineWeights.Stored)]
    [InlineData(EngineDtype.BFloat16, EngineWeights.Int8)]
    public async Task GenerateAsync_SequencesPreemptedAndComputedAgain_AnswersAsAlone(EngineDtype dtype, EngineWeights weights)
    {
        var scarce = TinyModel.Options with { Dtype = dtype, Weights = weights, KvCacheTokens = 160, MaxSequenceTokens = 96, MaxRunningSequences = 8 };
        var status = await ExpectAsAloneAsync(scarce, LongAnswers, arrivals: 4);
        Assert.NotEqual(0, status.Preemptions);
    }

    [Theory]
    [InlineData(EngineDtype.Float32, EngineWeights.Stored, "cpu:0+cpu:1")]
    [InlineData(EngineDtype.BFloat16, EngineWeights.Stored, "cpu:0+cpu:1+cpu:2")]
    [InlineData(EngineDtype.BFloat16, EngineWeights.Int8, "cpu:0+cpu:1")]
    [InlineData(EngineDtype.Float32, EngineWeights.Stored, "cpu:0+cpu:1+cpu:2+cpu:3+cpu:4+cpu:5+cpu:6+cpu:7")]
    public async Task GenerateAsync_LayersSplitOverDevices_AnswersAsAloneOnOne(EngineDtype dtype, EngineWeights weights, string device) =>
        await ExpectAsAloneAsync(TinyModel.Options with { Dtype = dtype, Weights = weights, Device = device }, AnyLengths, arrivals: 6);

    [Theory]
    [InlineData(EngineDtype.Float32)]
    [InlineData(EngineDtype.BFloat16)]
    public async Task GenerateAsync_SplitAndPreempted_AnswersAsAloneOnOne(EngineDtype dtype)
    {
        var scarce = TinyModel.Options with { Dtype = dtype, Device = "cpu:0+cpu:1", KvCacheTokens = 160, MaxSequenceTokens = 96, MaxRunningSequences = 8, AdapterSlots = 2 };
        var status = await ExpectAsAloneAsync(scarce, LongAnswers, arrivals: 7);
        Assert.NotEqual(0, status.Preemptions);
    }

    [Theory]
    [InlineData(EngineDtype.Float32)]
    [InlineData(EngineDtype.BFloat16)]
    public async Task GenerateAsync_HeadsThatShareKeys_AnswersAsAlone(EngineDtype dtype)
    {
        var grouped = TinyModel.Options with { BaseFolder = TinyModel.Golden("tiny-llama-gqa", "hf"), Dtype = dtype, MaxRunningSequences = 6, MaxStepTokens = 70 };
        await ExpectAsAloneAsync(grouped, BareBase, arrivals: 5);
    }

    [Theory]
    [InlineData(EngineDtype.Float32)]
    [InlineData(EngineDtype.BFloat16)]
    public async Task GenerateAsync_GoingOnBehindTokensOfBefore_AnswersAsIfNeverStopped(EngineDtype dtype)
    {
        var options = TinyModel.Options with { Dtype = dtype };
        var wanted = await alone.To(LongAnswers, options);
        await using var engine = await TinyModel.LoadAsync(options);
        var adapters = await Workload.LoadAdaptersAsync(engine, LongAnswers);
        var found = await Task.WhenAll(LongAnswers.Zip(wanted, async (ask, whole) =>
        {
            var request = ask.Request(adapters) with { ResumeIds = whole.Ids[..(whole.Ids.Length / 2)] };
            return await Answer.ReadAsync(engine.GenerateAsync(request, TestContext.Current.CancellationToken));
        }));

        Assert.Equal(wanted.Select(whole => whole.Ids[(whole.Ids.Length / 2)..]), found.Select(rest => rest.Ids));
        Assert.Equal(wanted.Select(whole => whole.LogProbabilities[(whole.Ids.Length / 2)..]), found.Select(rest => rest.LogProbabilities));
        Assert.Equal(wanted.Select(Outcome), found.Select(Outcome));
    }

    private async Task<EngineStatus> ExpectAsAloneAsync(EngineOptions options, Ask[] asks, int arrivals)
    {
        var cancel = TestContext.Current.CancellationToken;
        var wanted = await alone.To(asks, options);
        await using var engine = await TinyModel.LoadAsync(options);
        var adapters = await Workload.LoadAdaptersAsync(engine, asks);
        var found = await Workload.RunTogetherAsync(engine, adapters, asks, Workload.RandomArrivals(arrivals, asks.Length), cancel);
        var status = await TinyModel.WhenIdleAsync(engine);

        var different = asks.Index().Where(ask => !wanted[ask.Index].Ids.SequenceEqual(found[ask.Index].Ids)).ToArray();
        var inexact = wanted.Zip(found).Count(pair => !pair.First.LogProbabilities.SequenceEqual(pair.Second.LogProbabilities));
        output.WriteLine($"{different.Length} of {asks.Length} answers differ, {inexact} in the bits of their log-probabilities; {status}");
        foreach (var (index, ask) in different)
        {
            output.WriteLine($"{ask}: alone [{string.Join(' ', wanted[index].Ids)}], together [{string.Join(' ', found[index].Ids)}]");
        }

        Assert.Empty(different);
        Assert.Equal(0, inexact);
        Assert.Equal(wanted.Select(answer => answer.Text), found.Select(answer => answer.Text));
        Assert.Equal(wanted.Select(Outcome), found.Select(Outcome));
        Assert.Equal(status.TotalBlocks, status.FreeBlocks);
        return status;
    }

    private static (FinishReason, int, int, int) Outcome(Answer answer) =>
        (answer.End.Reason, answer.End.PromptTokens, answer.End.CompletionTokens, answer.End.AnswerTokens);

    /// <summary>The answers of an engine that works on one request at a time.</summary>
    public sealed class AnsweredAlone
    {
        private readonly ConcurrentDictionary<(Ask[], string, EngineDtype, EngineWeights), Task<Answer[]>> _answers = new();

        internal Task<Answer[]> To(Ask[] asks, EngineOptions options) =>
            _answers.GetOrAdd(
                (asks, options.BaseFolder, options.Dtype, options.Weights),
                key => AnswerAsync(asks, TinyModel.Options with { BaseFolder = key.Item2, Dtype = key.Item3, Weights = key.Item4 }));

        private static async Task<Answer[]> AnswerAsync(Ask[] asks, EngineOptions options)
        {
            await using var engine = await TinyModel.LoadAsync(options);
            return await Workload.RunAloneAsync(engine, await Workload.LoadAdaptersAsync(engine, asks), asks, TestContext.Current.CancellationToken);
        }
    }
}
