using Herd.Faults.Findings;
using Herd.Faults.Histories;
using Herd.Protos.V1;
using Xunit;

namespace Herd.Faults.Tests;

public sealed class TurnComparisonTests
{
    private static readonly Answer First = new([1, 2], "ab");
    private static readonly Answer Second = new([3, 4], "cd");

    private readonly ConversationRecord _known = new(1, "talk", TimeSpan.Zero)
    {
        Turns =
        {
            new TurnRecord("t0", "one?", First) { IsAcknowledged = true, IsFinished = true, Seen = 2 },
            new TurnRecord("t1", "two?", Second) { IsAcknowledged = true, Seen = 1 },
        },
    };

    [Fact]
    public void Of_WhatIsStoredAsItWasTold_FindsNothing() => Assert.Empty(Compare(Stored("t0", 0), Stored("t1", 1)));

    [Fact]
    public void Of_AcknowledgedTurnThatIsMissing_IsLost() => AssertOne(FindingKind.TurnLost, "t1", Compare(Stored("t0", 0)));

    [Fact]
    public void Of_UnacknowledgedTurnThatIsMissing_IsNoFinding()
    {
        _known.Turns[1].IsAcknowledged = false;

        Assert.Empty(Compare(Stored("t0", 0)));
    }

    [Fact]
    public void Of_TurnThatIsStoredTwice_IsLost() => AssertOne(FindingKind.TurnLost, "t1", Compare(Stored("t0", 0), Stored("t1", 1), Stored("t1", 2)));

    [Fact]
    public void Of_TurnsThatChangedPlaces_AreLost() => Assert.All(Compare(Stored("t0", 1), Stored("t1", 0)), difference => Assert.Equal(FindingKind.TurnLost, difference.Kind));

    [Theory]
    [InlineData(TurnState.Running)]
    [InlineData(TurnState.Failed)]
    [InlineData(TurnState.Cancelled)]
    public void Of_AcknowledgedTurnWithoutAWholeAnswer_IsLost(TurnState state)
    {
        var turn = Stored("t1", 1);
        turn.State = state;

        AssertOne(FindingKind.TurnLost, "t1", Compare(Stored("t0", 0), turn));
    }

    [Fact]
    public void Of_CompleteAnswerThatWasShown_MayNotBeCancelledAfterwards()
    {
        var turn = Stored("t0", 0);
        turn.State = TurnState.Cancelled;

        AssertOne(FindingKind.TurnLost, "t0", Compare(turn, Stored("t1", 1)));
    }

    [Theory]
    [InlineData("ce", 2)]
    [InlineData("cdcd", 4)]
    [InlineData("cd", 3)]
    public void Of_AnotherAnswer_IsWrong(string answer, int tokens)
    {
        var turn = Stored("t1", 1);
        (turn.Answer, turn.Usage.CompletionTokens) = (answer, tokens);

        AssertOne(FindingKind.TokenWrong, "t1", Compare(Stored("t0", 0), turn));
    }

    [Theory]
    [InlineData("c", 1, null)]
    [InlineData("c\uFFFD", 2, null)]
    [InlineData("d", 1, FindingKind.TokenWrong)]
    [InlineData("", 0, FindingKind.TurnLost)]
    public void Of_CancelledTurn_KeepsABeginningWithAllThatWasShown(string answer, int tokens, object? kind)
    {
        _known.Turns[1].IsCancelled = true;
        var turn = Stored("t1", 1);
        (turn.State, turn.Answer, turn.Usage.CompletionTokens) = (TurnState.Cancelled, answer, tokens);

        Assert.Equal(kind, Compare(Stored("t0", 0), turn).SingleOrDefault()?.Kind);
    }

    private static void AssertOne(FindingKind kind, string turn, IEnumerable<Difference> found)
    {
        var difference = Assert.Single(found);
        Assert.Equal((kind, turn), (difference.Kind, difference.Turn.TurnId));
    }

    private IEnumerable<Difference> Compare(params Turn[] stored) => TurnComparison.Of(_known, stored);

    private static Turn Stored(string id, int index) => new()
    {
        TurnId = id,
        Index = index,
        State = TurnState.Completed,
        Text = id == "t0" ? "one?" : "two?",
        Answer = id == "t0" ? First.Text : Second.Text,
        Usage = new Usage { CompletionTokens = 2 },
    };
}
