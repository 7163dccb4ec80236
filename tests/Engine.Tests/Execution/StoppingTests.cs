using Herd.Engine.Execution;
using Xunit;

namespace Herd.Engine.Tests.Execution;

/// <summary>Readers that leave, readers that are slow, and an engine that closes.</summary>
public sealed class StoppingTests
{
    private static readonly GenerationRequest Endless = new() { PromptIds = [1, 5, 9], MaxTokens = 3900, IgnoreEnd = true };
    private static readonly EngineOptions LongSequences = TinyModel.Options with { MaxSequenceTokens = 4000 };

    private enum Leaving
    {
        BeforeTheStart,
        InThePrompt,
        InTheAnswer,
        WithoutAWord,
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task GenerateAsync_ReadersLeaveAtAnyMoment_NobodyElseNotices(int seed)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var engine = await TinyModel.LoadAsync(TinyModel.Options with { MaxRunningSequences = 8, MaxStepTokens = 72, KvCacheTokens = 640, MaxSequenceTokens = 200 });
        var adapters = await Workload.LoadAdaptersAsync(engine);
        var stayers = Workload.Random(seed, count: 12, longestPrompt: 150, mostTokens: 20);
        var leavers = Workload.Random(seed + 100, count: 16, longestPrompt: 150, mostTokens: 40);
        var undisturbed = await Task.WhenAll(stayers.Select(ask => Answer.ReadAsync(engine.GenerateAsync(ask.Request(adapters), cancel))));

        var random = new Random(seed);
        var moments = leavers.Select(_ => (How: (Leaving)random.Next(4), Tokens: random.Next(1, 10))).ToArray();
        var leaving = leavers.Zip(moments, (ask, moment) => LeaveAsync(engine, ask.Request(adapters) with { IgnoreEnd = true }, moment.How, moment.Tokens)).ToArray();
        var disturbed = await Task.WhenAll(stayers.Select(ask => Answer.ReadAsync(engine.GenerateAsync(ask.Request(adapters), cancel))));
        await Task.WhenAll(leaving);

        Assert.Equal(undisturbed.Select(answer => answer.Ids), disturbed.Select(answer => answer.Ids));
        Assert.Equal(undisturbed.Select(answer => answer.Text), disturbed.Select(answer => answer.Text));
        var idle = await TinyModel.WhenIdleAsync(engine);
        Assert.Equal(idle.TotalBlocks, idle.FreeBlocks);
        Assert.Equal(adapters.Values.Select(lease => lease.Version).Order(), engine.ResidentVersions.Order());
    }

    [Fact]
    public async Task GenerateAsync_AReaderThatReadsLate_HoldsNobodyUpAndMissesNothing()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var engine = await TinyModel.LoadAsync(LongSequences);
        var request = Endless with { MaxTokens = 40 };
        await using var slow = engine.GenerateAsync(request, cancel).GetAsyncEnumerator(cancel);
        Assert.True(await slow.MoveNextAsync());

        var quick = await Answer.ReadAsync(engine.GenerateAsync(request, cancel));
        var idle = await TinyModel.WhenIdleAsync(engine);
        Assert.Equal(idle.TotalBlocks, idle.FreeBlocks);

        var ids = new List<int>();
        do
        {
            if (slow.Current is TokenGenerated token)
            {
                ids.Add(token.TokenId);
            }
        }
        while (await slow.MoveNextAsync());
        Assert.Equal(quick.Ids, ids);
    }

    [Fact]
    public async Task GenerateAsync_AnAdapterGivenBackAtOnce_IsHeldUntilTheAnswerEnds()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var engine = await TinyModel.LoadAsync(LongSequences);
        var lease = await TinyModel.LoadAdapterAsync(engine, TinyModel.Visual);
        await using var events = engine.GenerateAsync(Endless with { Adapter = lease, Picture = TinyModel.Pictures["rgb_96x71.png"] }, cancel).GetAsyncEnumerator(cancel);
        var first = events.MoveNextAsync();
        lease.Dispose();
        Assert.True(await first);
        Assert.Equal([lease.Version], engine.ResidentVersions);

        await events.DisposeAsync();
        await TinyModel.WhenIdleAsync(engine);
        Assert.Empty(engine.ResidentVersions);
    }

    [Fact]
    public async Task DisposeAsync_WhileGenerationsRunAndWait_EndsThemWithStopped()
    {
        var cancel = TestContext.Current.CancellationToken;
        var engine = await TinyModel.LoadAsync(LongSequences with { MaxRunningSequences = 2 });
        var adapters = await Workload.LoadAdaptersAsync(engine);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = adapters.Values.Select(lease => Answer.ReadAsync(engine.GenerateAsync(Endless with { Adapter = lease }, cancel), _ => started.TrySetResult())).ToArray();
        await started.Task.WaitAsync(cancel);

        await engine.DisposeAsync();
        foreach (var stopped in running)
        {
            var error = await Assert.ThrowsAsync<EngineException>(() => stopped);
            Assert.Equal(EngineErrorCode.Stopped, error.Code);
        }

        var status = engine.Status;
        Assert.Equal((0, 0, status.TotalBlocks), (status.RunningSequences, status.WaitingSequences, status.FreeBlocks));
        foreach (var lease in adapters.Values)
        {
            lease.Dispose();
            lease.Dispose();
        }
    }

    [Fact]
    public async Task DisposeAsync_Twice_EndsBothTimesWhenAllHasEnded()
    {
        var cancel = TestContext.Current.CancellationToken;
        var engine = await InferenceEngine.LoadAsync(LongSequences, cancellationToken: cancel);
        await using var running = engine.GenerateAsync(Endless, cancel).GetAsyncEnumerator(cancel);
        Assert.True(await running.MoveNextAsync());

        var first = engine.DisposeAsync().AsTask();
        await engine.DisposeAsync();
        Assert.True(first.IsCompletedSuccessfully);
        Assert.Equal(0, engine.Status.RunningSequences);
    }

    [Fact]
    public async Task DisposeAsync_AndThenAnything_SaysStopped()
    {
        var cancel = TestContext.Current.CancellationToken;
        var engine = await TinyModel.LoadAsync();
        using var package = TinyModel.Read(engine, TinyModel.Visual);
        using var lease = await engine.LoadAdapterAsync(package, cancel);
        await engine.DisposeAsync();
        await engine.DisposeAsync();

        Task[] late =
        [
            Answer.ReadAsync(engine.GenerateAsync(Endless, cancel)),
            Answer.ReadAsync(engine.GenerateAsync(Endless with { Adapter = lease, Picture = TinyModel.Pictures["rgb_96x71.png"] }, cancel)),
            engine.LoadAdapterAsync(package, cancel),
        ];
        foreach (var attempt in late)
        {
            Assert.Equal(EngineErrorCode.Stopped, (await Assert.ThrowsAsync<EngineException>(() => attempt)).Code);
        }

        Assert.Null(engine.TryLeaseAdapter(lease.Version));
    }

    [Fact]
    public async Task GenerateAsync_AStopStringAcrossTokens_EndsTheAnswerBeforeIt()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var engine = await TinyModel.LoadAsync();
        var request = Endless with { MaxTokens = 60 };
        var whole = await Answer.ReadAsync(engine.GenerateAsync(request, cancel));
        var border = Enumerable.Range(10, 40).First(index => whole.Deltas[index].Length > 1 && whole.Deltas[index + 1].Length > 1);
        var stop = whole.Deltas[border][^1..] + whole.Deltas[border + 1][..1];
        var cut = whole.Text.IndexOf(stop, StringComparison.Ordinal);

        var answer = await Answer.ReadAsync(engine.GenerateAsync(request with { StopStrings = [stop] }, cancel));
        Assert.Equal(whole.Text[..cut], answer.Text);
        Assert.Equal(FinishReason.Stop, answer.End.Reason);
        Assert.Equal(whole.Ids[..answer.Ids.Length], answer.Ids);
        Assert.StartsWith(engine.Tokenizer.Decode(answer.Ids.AsSpan(0, answer.End.AnswerTokens)), answer.Text, StringComparison.Ordinal);
        Assert.InRange(answer.End.TimeToFirstToken, TimeSpan.Zero, answer.End.Duration);
    }

    private static async Task LeaveAsync(TestEngine engine, GenerationRequest request, Leaving how, int tokens)
    {
        using var leave = new CancellationTokenSource();
        if (how == Leaving.BeforeTheStart)
        {
            await leave.CancelAsync();
        }

        var reading = ReadAsync();
        if (how == Leaving.InThePrompt)
        {
            await leave.CancelAsync();
        }

        await (how == Leaving.WithoutAWord ? reading : Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading));

        async Task ReadAsync()
        {
            var read = 0;
            await foreach (var happened in engine.GenerateAsync(request with { MaxTokens = 40, StopStrings = [] }, leave.Token))
            {
                if (++read < tokens)
                {
                    continue;
                }

                if (how == Leaving.WithoutAWord)
                {
                    return;
                }

                await leave.CancelAsync();
            }
        }
    }
}
