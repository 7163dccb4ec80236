using CsCheck;
using Herd.Engine.KvCache;
using Herd.Engine.Scheduling;
using Xunit;

namespace Herd.Engine.Tests.Scheduling;

/// <summary>Scopes that compete are served by their shares, and none waits long for another.</summary>
public sealed class FairnessTests
{
    private const int MostRunning = 8;
    private const int LongestSequence = 120;

    [Fact]
    public void Next_TwoScopesAlwaysBacklogged_ServesTokensByTheirShares()
    {
        var shares = Gen.Select(Gen.Int[1, 5], Gen.Int[1, 5]);
        var lengths = Gen.Select(Gen.Int[1, 60], Gen.Int[1, 60]).Array[1, 8];
        Gen.Select(shares, lengths, lengths).Sample((share, ofOne, ofOther) =>
        {
            var world = new World(new SchedulerLimits(MostRunning, 512), blocks: 200);
            for (var step = 0; step < 4000; step++)
            {
                world.KeepWaiting("one", share.Item1, ofOne);
                world.KeepWaiting("other", share.Item2, ofOther);
                world.Step();
            }

            var gap = Math.Abs(((double)world.Served("one") / share.Item1) - ((double)world.Served("other") / share.Item2));
            Assert.True(gap <= 2 * MostRunning * LongestSequence, $"{world.Served("one")} : {world.Served("other")} with {share}");
        });
    }

    [Fact]
    public void Next_OneToThree_ServesOneToThree()
    {
        var world = new World(new SchedulerLimits(MostRunning, 512), blocks: 200);
        for (var step = 0; step < 20_000; step++)
        {
            world.KeepWaiting("one", 1, [(20, 40)]);
            world.KeepWaiting("three", 3, [(20, 40)]);
            world.Step();
        }

        Assert.Equal(3, (double)world.Served("three") / world.Served("one"), 0.05);
    }

    [Fact]
    public void Next_AScopeFloodsTheQueue_AnothersFirstTokenComesWithinTheBound()
    {
        Gen.Select(Gen.Int[1, 60], Gen.Int[0, 300], Gen.Int[40, 200]).Sample((prompt, before, blocks) =>
        {
            var world = new World(new SchedulerLimits(MostRunning, 512), blocks);
            for (var sequence = 0; sequence < 300; sequence++)
            {
                world.Add("flood", 1, 100, 400);
            }

            for (var step = 0; step < before; step++)
            {
                world.Step();
            }

            var quiet = world.Add("quiet", 1, prompt, 5);
            var steps = 0;
            for (; quiet.Tokens.Count == prompt; steps++)
            {
                world.Step();
            }

            // The patience, one step for each sequence that makes room, and one for the prompt.
            Assert.InRange(steps, 1, Scheduler.Patience + MostRunning + 2);
        });
    }

    [Fact]
    public void Next_LongPromptsOfOneScope_DoNotHoldUpAnothersPrompt()
    {
        var world = new World(new SchedulerLimits(MostRunning, 256), blocks: 2000);
        for (var sequence = 0; sequence < 4; sequence++)
        {
            world.Add("long", 1, 4000, 5);
        }

        world.Step();
        var quick = world.Add("quick", 1, 30, 5);
        world.Step();

        Assert.Equal(31, quick.Tokens.Count);
    }

    [Fact]
    public void Next_CapacityThatNobodyElseWanted_IsNoDebt()
    {
        var world = new World(new SchedulerLimits(2, 256), blocks: 200);
        for (var step = 0; step < 5000; step++)
        {
            world.KeepWaiting("early", 1, [(10, 30)]);
            world.Step();
        }

        var before = world.Served("early");
        for (var step = 0; step < 1000; step++)
        {
            world.KeepWaiting("early", 1, [(10, 30)]);
            world.KeepWaiting("late", 1, [(10, 30)]);
            world.Step();
        }

        Assert.InRange((double)(world.Served("early") - before) / world.Served("late"), 0.8, 1.25);
    }

    [Fact]
    public void Next_OneScopeAlone_IsServedInOrderOfArrival()
    {
        var world = new World(new SchedulerLimits(1, 128), blocks: 50);
        var sequences = Enumerable.Range(0, 20).Select(index => world.Add("alone", 1 + (index % 3), 5, 3)).ToArray();

        var ended = new List<Sequence>();
        while (ended.Count < sequences.Length)
        {
            ended.AddRange(world.Step());
        }

        Assert.Equal(sequences, ended);
    }

    /// <summary>A scheduler whose model says token 7 and counts what each scope is served.</summary>
    private sealed class World
    {
        private readonly Dictionary<Sequence, int> _lengths = [];
        private readonly Dictionary<string, int> _served = [];
        private readonly Dictionary<string, int> _made = [];
        private readonly BlockLedger _blocks;
        private readonly Scheduler _scheduler;
        private long _last;

        public World(SchedulerLimits limits, int blocks)
        {
            _blocks = new BlockLedger(blocks, reusesPrompts: false);
            _scheduler = new Scheduler(limits, _blocks, new SlotTable(1, (_, _) => { }));
        }

        public int Served(string scope) => _served.GetValueOrDefault(scope);

        public Sequence Add(string scope, int share, int prompt, int answer)
        {
            var sequence = new Sequence(_last++, Enumerable.Repeat(3, prompt), new KvKey(scope, null, null), share);
            _lengths.Add(sequence, prompt + answer);
            _scheduler.Add(sequence);
            return sequence;
        }

        public void KeepWaiting(string scope, int share, (int Prompt, int Answer)[] lengths)
        {
            while (_lengths.Keys.Count(sequence => sequence.Key.Scope == scope) < MostRunning + 1)
            {
                var made = _made[scope] = _made.GetValueOrDefault(scope) + 1;
                var (prompt, answer) = lengths[made % lengths.Length];
                Add(scope, share, prompt, answer);
            }
        }

        public Sequence[] Step()
        {
            var plan = _scheduler.Next();
            var ending = plan.Chunks.Where(chunk => chunk.ReachesEnd).ToArray();
            foreach (var chunk in plan.Chunks)
            {
                _served[chunk.Sequence.Key.Scope] = Served(chunk.Sequence.Key.Scope) + chunk.Count;
            }

            _scheduler.Advance(plan.Chunks);
            foreach (var chunk in ending)
            {
                chunk.Sequence.Tokens.Add(7);
            }

            var ended = ending.Select(chunk => chunk.Sequence).Where(sequence => sequence.Tokens.Count == _lengths[sequence]).ToArray();
            foreach (var sequence in ended)
            {
                _scheduler.Remove(sequence);
                _lengths.Remove(sequence);
            }

            _scheduler.Audit();
            return ended;
        }
    }
}
