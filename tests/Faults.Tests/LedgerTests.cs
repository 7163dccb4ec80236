using Herd.Faults.Histories;
using Herd.Protos.V1;
using Xunit;

namespace Herd.Faults.Tests;

/// <summary>What is remembered of aliases and usage, and what is found held.</summary>
public sealed class LedgerTests
{
    [Fact]
    public void Possible_OfAnAlias_IsOldAndNewUntilAMoveIsAcknowledged()
    {
        var alias = new AliasLog("a");
        alias.Begin(["b"], Seconds(10));
        alias.Acknowledge(Seconds(12));
        alias.Begin(["c"], Seconds(20));

        Assert.Equal(["a"], alias.Possible(Seconds(1), Seconds(9)));
        Assert.Equal(["a", "b"], alias.Possible(Seconds(9), Seconds(11)).Order());
        Assert.Equal(["b"], alias.Possible(Seconds(12), Seconds(19)));
        Assert.Equal(["a", "b", "c"], alias.Possible(Seconds(11), Seconds(21)).Order());
        Assert.Equal(["b", "c"], alias.Possible(Seconds(100), Seconds(101)).Order());
    }

    [Fact]
    public void Compare_Usage_IsFoundBelowWhatWasReceivedAndAboveWhatCouldBe()
    {
        var usage = new UsageLedger();
        usage.Ask(100);
        usage.Receive(60);

        Assert.Equal((60, 228), (usage.Received, usage.Possible));
        Assert.NotNull(UsageLedger.Compare(59, usage.Received, usage.Possible));
        Assert.Null(UsageLedger.Compare(60, usage.Received, usage.Possible));
        Assert.Null(UsageLedger.Compare(228, usage.Received, usage.Possible));
        Assert.NotNull(UsageLedger.Compare(229, usage.Received, usage.Possible));

        usage.Finish(100, 60);
        Assert.Equal(60, usage.Possible);
    }

    [Theory]
    [InlineData(1, 0, 8)]
    [InlineData(0, 1, 8)]
    [InlineData(0, 0, 7)]
    public void Orphans_WhatAReplicaStillHolds_IsFound(int running, int waiting, int free)
    {
        var idle = new Replica { Id = "idle", State = ReplicaState.Ready, FreeBlocks = 8, TotalBlocks = 8 };
        var held = new Replica { Id = "held", State = ReplicaState.Ready, RunningSequences = running, WaitingSequences = waiting, FreeBlocks = free, TotalBlocks = 8 };

        Assert.StartsWith("held: ", Assert.Single(LeaseCheck.Orphans([idle, held])), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, false, 0)]
    [InlineData(false, false, 1)]
    [InlineData(true, true, 1)]
    public void Orphans_LeasesWithoutTheirHolder_AreFound(bool holderAlive, bool orphaned, int found) =>
        Assert.Equal(found, LeaseCheck.Orphans([new Lease { Holder = "one", Version = "a", HolderAlive = holderAlive, Orphaned = orphaned }]).Count);

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
