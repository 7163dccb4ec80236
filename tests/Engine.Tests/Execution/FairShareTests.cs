using Herd.Engine.Execution;
using Herd.Engine.Scheduling;
using Xunit;

namespace Herd.Engine.Tests.Execution;

/// <summary>Owners that compete for a device which computes for real.</summary>
public sealed class FairShareTests
{
    private const int Batch = 4;
    private const int Backlog = 250;
    private const int Tokens = 12;
    private const int Begun = 300;
    private static readonly int[] Prompt = [1, 5, 9];

    [Fact]
    public async Task Submit_TwoOwnersWithMoreThanTheBatchHolds_GeneratesTokensByTheirShares()
    {
        using var gate = new GatedSlots(Begun);
        using var loop = await TestLoop.StartAsync(
            change: parts => parts with { Scheduler = new Scheduler(new SchedulerLimits(Batch, 80), parts.Blocks, gate) }, places: 2 * Backlog);
        var one = Submit(loop, "one", share: 1);
        var three = Submit(loop, "three", share: 3);

        gate.Open();
        var (ofOne, ofThree) = await gate.WhileClosedAsync(() => (Generated(one), Generated(three)));

        TestContext.Current.TestOutputHelper?.WriteLine($"{ofOne} tokens and {ofThree}, 1 : {(double)ofThree / ofOne:F3}.");
        Assert.All([one, three], all => Assert.Contains(all, generation => generation.Sequence.Tokens.Count == Prompt.Length));
        Assert.InRange(ofOne + ofThree, (Begun - Batch) * Tokens, Begun * Tokens);
        Assert.InRange((double)ofThree / ofOne, 2.85, 3.15);
    }

    private static Generation[] Submit(TestLoop loop, string owner, int share)
    {
        var request = new GenerationRequest { PromptIds = Prompt, MaxTokens = Tokens, IgnoreEnd = true, Scope = owner, Share = share };
        Generation[] all = [.. Enumerable.Range(0, Backlog).Select(_ => loop.Generation(request))];
        foreach (var generation in all)
        {
            loop.Submit(generation);
        }

        return all;
    }

    private static int Generated(Generation[] all) => all.Sum(generation => generation.Sequence.Tokens.Count - Prompt.Length);

    /// <summary>Holds the device between two steps: before the first sequence begins, so that all are there, and when so many have begun, so that their tokens can be counted.</summary>
    private sealed class GatedSlots(int most) : ISlotTable, IDisposable
    {
        private readonly SemaphoreSlim _opened = new(0);
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _begun;

        public int Leases => 0;

        public void Open() => _opened.Release();

        /// <summary>Looks at what the device has done when so many have begun, and lets it go on.</summary>
        public async Task<T> WhileClosedAsync<T>(Func<T> look)
        {
            try
            {
                await _reached.Task.WaitAsync(TestContext.Current.CancellationToken);
                return look();
            }
            finally
            {
                Open();
            }
        }

        public bool TryLease(string? adapter, out int slot)
        {
            slot = 0;
            _begun++;
            if (_begun == most)
            {
                _reached.SetResult();
            }

            if (_begun == 1 || _begun == most)
            {
                _opened.Wait();
            }

            return true;
        }

        public void Release(string? adapter)
        {
        }

        public void Dispose() => _opened.Dispose();
    }
}
