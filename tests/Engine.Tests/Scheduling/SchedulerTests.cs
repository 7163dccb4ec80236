using CsCheck;
using Herd.Engine.KvCache;
using Herd.Engine.Scheduling;
using Xunit;

namespace Herd.Engine.Tests.Scheduling;

public sealed class SchedulerTests
{
    [Fact]
    public void Next_AnyMixOfSequences_FinishesAllWithinItsLimits()
    {
        var sequences = Gen.Select(Gen.Int[1, 200], Gen.Int[1, 40], Gen.Int[0, 4], Gen.Int[0, 5]).List[1, 25];
        Gen.Select(sequences, Gen.Int[15, 30], Gen.Int[1, 8], Gen.Int[0, 60], Gen.Int[1, 3]).Sample((wanted, totalBlocks, mostRunning, extraTokens, slotCount) =>
        {
            var world = new World(totalBlocks, new SchedulerLimits(mostRunning, mostRunning + PromptTiles.Tokens + extraTokens), slotCount);
            foreach (var (prompt, answer, adapter, kind) in wanted)
            {
                world.Add(prompt, answer, adapter == 0 ? null : $"adapter-{adapter}", kind);
            }

            world.RunToTheEnd();
            Assert.Equal(totalBlocks, world.Blocks.Free);
            Assert.Equal(0, world.Slots.Leases);
        });
    }

    [Fact]
    public void Next_SequencesTakenOutAtAnyTime_LeaveNothingBehind()
    {
        Gen.Select(Gen.Select(Gen.Int[1, 60], Gen.Int[1, 40]).List[1, 20], Gen.Int[0, 30].List[1, 20]).Sample((wanted, removals) =>
        {
            var world = new World(12, new SchedulerLimits(6, 80), slots: 2);
            foreach (var (prompt, answer) in wanted)
            {
                world.Add(prompt, answer, prompt % 2 == 0 ? null : $"adapter-{prompt % 5}");
            }

            foreach (var steps in removals)
            {
                for (var i = 0; i < steps % 5; i++)
                {
                    world.Step();
                }

                world.RemoveOne(steps);
            }

            world.RunToTheEnd();
            Assert.Equal(12, world.Blocks.Free);
            Assert.Equal(0, world.Slots.Leases);
        });
    }

    [Fact]
    public void Next_ALongPrompt_DoesNotHoldUpRunningSequences()
    {
        var world = new World(100, new SchedulerLimits(4, 4 + PromptTiles.Tokens), slots: 1);
        var quick = world.Add(4, 20, null);
        world.Step();
        var slow = world.Add(1000, 5, null);
        for (var i = 0; i < 10; i++)
        {
            var before = quick.Tokens.Count;
            world.Step();
            Assert.Equal(before + 1, quick.Tokens.Count);
        }

        Assert.InRange(slow.Computed, 1, 999);
    }

    [Fact]
    public void Next_NoBlockLeft_PreemptsTheYoungestAndComputesItAgain()
    {
        var world = new World(4, new SchedulerLimits(4, 80), slots: 1);
        var oldest = world.Add(15, 30, null);
        var youngest = world.Add(15, 30, null);
        var preempted = new List<Sequence>();
        while (world.Live > 0)
        {
            preempted.AddRange(world.Step().Preempted);
        }

        Assert.Contains(youngest, preempted);
        Assert.DoesNotContain(oldest, preempted);
        Assert.Equal(45, youngest.Tokens.Count);
    }

    /// <summary>A scheduler whose model says token 7, checks every plan, and finds in a sequence's blocks what it must have computed for that sequence.</summary>
    private sealed class World
    {
        private readonly SchedulerLimits _limits;
        private readonly Scheduler _scheduler;
        private readonly Dictionary<Sequence, int> _lengths = [];
        private readonly int[] _stored; // for each place of each block a value made of key and all tokens up to its own

        public World(int blocks, SchedulerLimits limits, int slots)
        {
            _limits = limits;
            Blocks = new BlockLedger(blocks, reusesPrompts: true);
            _stored = new int[blocks * BlockAllocator.BlockTokens];
            Slots = new SlotTable(slots, (_, _) => { });
            _scheduler = new Scheduler(limits, Blocks, Slots);
        }

        public BlockLedger Blocks { get; }

        public SlotTable Slots { get; }

        public int Live => _lengths.Count;

        /// <summary>Adds a sequence; its kind tells the owner, and how many tokens its prompt has in common with others.</summary>
        public Sequence Add(int prompt, int answer, string? adapter, int kind = 0)
        {
            var ids = Enumerable.Range(0, prompt).Select(position => position < 70 * (kind % 3) ? 3 : 4 + kind);
            var sequence = new Sequence(_lengths.Count, ids, new KvKey($"owner-{kind % 2}", adapter, null), 1 + (kind % 3));
            _lengths.Add(sequence, prompt + answer);
            _scheduler.Add(sequence);
            return sequence;
        }

        public void RemoveOne(int choice)
        {
            if (_lengths.Count > 0)
            {
                Remove(_lengths.Keys.ElementAt(choice % _lengths.Count));
            }
        }

        public void RunToTheEnd()
        {
            for (var steps = 0; Live > 0; steps++)
            {
                Assert.True(steps < 20_000, "The scheduler makes no progress.");
                Step();
            }
        }

        public StepPlan Step()
        {
            var plan = _scheduler.Next();
            Assert.True(Live == 0 || plan.Chunks.Count > 0, "Sequences wait and none is computed.");
            Assert.True(plan.Chunks.Sum(chunk => chunk.Count) <= _limits.MaxStepTokens);
            Assert.True(_scheduler.Running.Count <= _limits.MaxRunningSequences);
            Assert.Equal(plan.Chunks.Count, plan.Chunks.Select(chunk => chunk.Sequence).Distinct().Count());
            Assert.DoesNotContain(plan.Chunks, chunk => plan.Preempted.Contains(chunk.Sequence));
            Assert.All(plan.Chunks, Compute);
            var ending = plan.Chunks.Where(chunk => chunk.ReachesEnd).ToArray();
            _scheduler.Advance(plan.Chunks);
            _scheduler.Audit();
            Assert.All(plan.Chunks, Check);
            foreach (var chunk in ending)
            {
                Choose(chunk.Sequence);
            }

            _scheduler.Audit();
            return plan;
        }

        private void Compute(PlannedChunk chunk)
        {
            var (sequence, value) = (chunk.Sequence, chunk.Sequence.Key.GetHashCode());
            for (var position = 0; position < sequence.Computed + chunk.Count; position++)
            {
                value = HashCode.Combine(value, sequence.Tokens[position]);
                ref var stored = ref _stored[(sequence.Blocks[position / BlockAllocator.BlockTokens] * BlockAllocator.BlockTokens) + (position % BlockAllocator.BlockTokens)];
                if (position < sequence.Computed)
                {
                    Assert.Equal(value, stored);
                }

                stored = value;
            }
        }

        private static void Check(PlannedChunk chunk)
        {
            var sequence = chunk.Sequence;
            Assert.Equal(sequence.Computed, PromptTiles.Border(sequence.Computed, sequence.PromptTokens));
            Assert.True(sequence.Blocks.Count * BlockAllocator.BlockTokens >= sequence.Computed);
            Assert.Equal(sequence.Adapter is null, sequence.Slot == 0);
        }

        private void Choose(Sequence sequence)
        {
            sequence.Tokens.Add(7);
            if (sequence.Tokens.Count == _lengths[sequence])
            {
                Remove(sequence);
            }
        }

        private void Remove(Sequence sequence)
        {
            _scheduler.Remove(sequence);
            _lengths.Remove(sequence);
        }
    }
}
