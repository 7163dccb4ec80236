using Herd.Engine.Execution;
using Herd.Engine.Scheduling;
using Xunit;

namespace Herd.Engine.Tests.Execution;

/// <summary>Faults of the engine's own: those concerned are told, the others and the loop go on. And the ends of generations: whatever happens, each has one.</summary>
public sealed class DeviceLoopTests
{
    private const int NoSuchToken = 100_000;
    private const int Tokens = 60;
    private static readonly int[] Prompt = [1, 5, 9];

    [Fact]
    public async Task Submit_AStepThatFails_EndsTheOneAtFaultAndNoOther()
    {
        using var loop = await TestLoop.StartAsync();
        var alone = await loop.RunAsync(Prompt, Tokens);
        Task<Answer>? bad = null;
        var good = Enumerable.Range(0, 3).Select(_ => loop.Generation(Prompt, Tokens)).ToArray();

        var answers = await Task.WhenAll(good.Select((generation, index) => loop.RunAsync(generation, count =>
        {
            if (index == 0 && count == 5)
            {
                bad = loop.RunAsync([1, NoSuchToken]);
            }
        })));

        await ExpectFaultAsync(bad!);
        Assert.All(answers, answer => Assert.Equal(alone.Ids, answer.Ids));
        Assert.Equal(4, (await loop.RunAsync(Prompt)).Ids.Length);
    }

    [Fact]
    public async Task Submit_AnAdapterThatCannotBePutOnTheDevice_EndsItsGenerationAndNoOther()
    {
        using var loop = await TestLoop.StartAsync(change: parts => parts with
        {
            Scheduler = new Scheduler(new SchedulerLimits(4, 80), parts.Blocks, new SlotTable(1, (_, _) => throw new InvalidOperationException("The device is full."))),
        });
        var alone = await loop.RunAsync(Prompt, Tokens);
        Task<Answer>? bad = null;

        var answer = await loop.RunAsync(loop.Generation(Prompt, Tokens), count =>
        {
            if (count == 5)
            {
                bad = loop.RunAsync(Prompt, adapter: loop.Adapter(TinyModel.Chat));
            }
        });

        await ExpectFaultAsync(bad!);
        Assert.Equal(alone.Ids, answer.Ids);
    }

    [Theory]
    [InlineData(512, 0)] // all of the prompt in the step that fails
    [InlineData(80, PromptTiles.Tokens)] // its first tile in a step before
    public async Task Submit_APromptWhoseStepFails_LeavesToOthersOnlyWhatWasComputed(int stepTokens, int left)
    {
        using var loop = await TestLoop.StartAsync(TinyModel.Options with { MaxStepTokens = stepTokens, MaxRunningSequences = 4 });
        int[] good = [1, .. Enumerable.Range(5, 149)];
        int[] bad = [.. good[..100], NoSuchToken];
        await ExpectFaultAsync(loop.RunAsync(bad));
        var first = await loop.RunAsync(good);
        await ExpectFaultAsync(loop.RunAsync(bad));
        var second = await loop.RunAsync(good);

        Assert.Equal((left, 2 * PromptTiles.Tokens), (first.End.ReusedTokens, second.End.ReusedTokens));
        Assert.Equal(first.Ids, second.Ids);
    }

    [Fact]
    public async Task Submit_APictureThatCannotBeEncoded_EndsItsGenerationAndLeavesNothingHeld()
    {
        using var loop = await TestLoop.StartAsync();
        await ExpectFaultAsync(loop.RunAsync(Prompt, adapter: loop.Adapter(TinyModel.Visual), picture: new PreparedPicture("digest", [0.5f])));
        Assert.Equal(4, (await loop.RunAsync(Prompt, adapter: loop.Adapter(TinyModel.Visual))).Ids.Length);
    }

    [Fact]
    public async Task Submit_AtTheEndOfAnAnswer_FindsItsPlaceFree()
    {
        using var loop = await TestLoop.StartAsync(places: 1);
        for (var round = 0; round < 300; round++)
        {
            Assert.Single((await loop.RunAsync(Prompt, tokens: 1)).Ids);
        }
    }

    [Fact]
    public async Task Submit_WhatCannotBeGivenBack_IsToldByTheAuditAndHoldsNobodyUp()
    {
        using var loop = await TestLoop.StartAsync(
            change: parts => parts with { Scheduler = new Scheduler(new SchedulerLimits(4, 80), parts.Blocks, new SlotsThatStick()) }, expectedFaults: 3);
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(4, (await loop.RunAsync(Prompt, adapter: loop.Adapter(TinyModel.Chat))).Ids.Length);
        }
    }

    [Fact]
    public async Task Dispose_WhileManyHandOverAndLeave_TellsEveryone()
    {
        var told = 0;
        for (var round = 0; round < 8; round++)
        {
            using var loop = await TestLoop.StartAsync(places: 1000);
            var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var callers = Enumerable.Range(0, 4).Select(caller => Task.Run(async () =>
            {
                for (var number = 0; ; number++)
                {
                    try
                    {
                        var generation = loop.Generation(Prompt, tokens: 3, number % 3 == 0 ? loop.Adapter(TinyModel.Chat) : null);
                        if (number % 4 == 1)
                        {
                            loop.Submit(generation);
                            loop.Loop.Abandon(generation);
                            _ = await generation.Events.ReadAllAsync(TestContext.Current.CancellationToken).CountAsync(TestContext.Current.CancellationToken); // the last event may be missing
                        }
                        else
                        {
                            Assert.Equal(3, (await loop.RunAsync(generation)).Ids.Length);
                        }

                        Interlocked.Increment(ref told);
                        begun.TrySetResult();
                    }
                    catch (EngineException error)
                    {
                        Assert.Equal(EngineErrorCode.Stopped, error.Code);
                        return;
                    }
                }
            })).ToArray();
            await begun.Task.WaitAsync(TestContext.Current.CancellationToken);
            loop.Close();
            await Task.WhenAll(callers);
        }

        Assert.True(told >= 8);
    }

    private static async Task ExpectFaultAsync(Task<Answer> answer)
    {
        var error = await Assert.ThrowsAsync<EngineException>(() => answer);
        Assert.Equal(EngineErrorCode.Fault, error.Code);
        Assert.DoesNotContain("device is full", error.Message, StringComparison.Ordinal);
    }

    private sealed class SlotsThatStick : ISlotTable
    {
        public int Leases { get; private set; }

        public bool TryLease(string? adapter, out int slot)
        {
            slot = 0;
            Leases += adapter is null ? 0 : 1;
            return true;
        }

        public void Release(string? adapter) => throw new InvalidOperationException("The slot sticks.");
    }
}
