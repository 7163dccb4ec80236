using Herd.Faults.Histories;
using Xunit;

namespace Herd.Faults.Tests;

public sealed class AnswerCheckTests
{
    private static readonly Answer Expected = new([5, 6, 7, 8], "abcd");

    private readonly AnswerCheck _check = new(Expected);

    [Fact]
    public void Take_TheUndisturbedAnswerInPieces_FindsNothing()
    {
        Assert.Null(_check.Take(0, [5, 6], "ab"));
        Assert.Null(_check.Take(2, [], ""));
        Assert.Null(_check.Take(2, [7, 8], "c"));
        Assert.Null(_check.Take(4, [], "d"));
        Assert.Null(_check.End(4));
    }

    [Theory]
    [InlineData(2, 9, "token 2 is 9 and not 7")]
    [InlineData(1, 6, "token 1 came again; token 2 was due")]
    [InlineData(3, 8, "tokens 2 to 2 are missing")]
    public void Take_WrongDoubledOrMissingToken_IsFound(int index, int id, string found)
    {
        Assert.Null(_check.Take(0, [5, 6], "ab"));

        Assert.Equal(found, _check.Take(index, [id], "c"));
    }

    [Fact]
    public void Take_TokenBehindTheEnd_IsFound()
    {
        Assert.Null(_check.Take(0, [5, 6, 7, 8], "abcd"));

        Assert.Contains("behind the end", _check.Take(4, [9], ""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("abb")]
    [InlineData("abab")]
    [InlineData("abcde")]
    public void TakeText_AnotherText_IsFound(string text) => Assert.NotNull(_check.TakeText(text));

    [Theory]
    [InlineData(3, "abcd")]
    [InlineData(4, "abc")]
    public void End_BeforeAllCame_IsFound(int tokens, string text)
    {
        Assert.Null(_check.TakeText(text));

        Assert.NotNull(_check.End(tokens));
    }
}
