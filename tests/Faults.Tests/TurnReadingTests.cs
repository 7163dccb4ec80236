using Herd.Faults.Findings;
using Herd.Faults.Histories;
using Herd.Faults.Injection;
using Herd.Faults.Load;
using Herd.Protos.V1;
using Xunit;

namespace Herd.Faults.Tests;

/// <summary>What readers of turns find, and how findings are counted.</summary>
public sealed class TurnReadingTests
{
    private readonly UsageLedger _usage = new();
    private readonly TurnRecord _turn = new("t0", "one?", new Answer([1, 2, 3], "abc"));
    private readonly TurnReading _reading;

    public TurnReadingTests() => _reading = new TurnReading(_turn, new RunClock(), _usage);

    [Fact]
    public void Take_AnAnswerReadTwice_CountsItsTokensOnce()
    {
        var again = new TurnReading(_turn, new RunClock(), _usage);

        Assert.All([Accepted, Tokens(0, [1, 2, 3], "abc"), Finished(TurnState.Completed)], update => Assert.Null(_reading.Take(update)));
        Assert.All([Accepted, Tokens(0, [1, 2], "ab"), Tokens(2, [3], "c"), Finished(TurnState.Completed)], update => Assert.Null(again.Take(update)));

        Assert.True(_turn.IsAcknowledged && _turn.IsFinished);
        Assert.Equal((3, 3), (_turn.Seen, _usage.Received));
    }

    [Fact]
    public void Take_TokensThatComeAgain_AreFound()
    {
        Assert.Null(_reading.Take(Tokens(0, [1, 2], "ab")));

        Assert.NotNull(_reading.Take(Tokens(1, [2], "b")));
    }

    [Fact]
    public void Take_AnswerThatBeginsAgainByItself_IsFound() =>
        Assert.NotNull(_reading.Take(new TurnUpdate { Restarted = new AnswerRestarted() }));

    [Fact]
    public void Take_EndBeforeTheAnswerIsWhole_IsFound()
    {
        Assert.Null(_reading.Take(Tokens(0, [1, 2], "ab")));

        Assert.NotNull(_reading.Take(Finished(TurnState.Completed, next: 2)));
    }

    [Fact]
    public void Add_Findings_AreCountedByKindWithTheFaultsAround()
    {
        var (faults, clock) = (new FaultLog(), new RunClock());
        var findings = new FindingList(faults, clock);
        faults.Begin(Plan.Part.Silo(1), "kill silo-1", clock.Now);

        findings.Add(FindingKind.LeaseOrphaned, "silo-1", clock.Now, "nothing held", "1 sequence runs", ["seen"]);
        findings.Add(FindingKind.LeaseOrphaned, "silo-2", clock.Now, "nothing held", "1 sequence runs", []);

        Assert.Equal((2, 0, 2), (findings.Count(FindingKind.LeaseOrphaned), findings.Count(FindingKind.TurnLost), findings.Total));
        Assert.Contains("kill silo-1", Assert.Single(findings.Kept[0].Faults), StringComparison.Ordinal);
    }

    private static TurnUpdate Accepted => new() { Accepted = new Turn { TurnId = "t0", Text = "one?" } };

    private static TurnUpdate Tokens(int first, int[] ids, string text) => new()
    {
        Tokens = new TokensGenerated { FirstIndex = first, Ids = { ids }, Text = text }, NextIndex = first + ids.Length,
    };

    private static TurnUpdate Finished(TurnState state, int next = 3) => new()
    {
        Finished = new Turn { TurnId = "t0", State = state, Answer = "abc", Usage = new Usage { CompletionTokens = 3 } }, NextIndex = next,
    };
}
