using CsCheck;
using Herd.Engine.Sampling;
using Xunit;

namespace Herd.Engine.Tests.Sampling;

public sealed class StopMatcherTests
{
    [Fact]
    public void Append_TextInAnyPieces_ReleasesExactlyWhatStandsBeforeTheFirstStop()
    {
        var text = Gen.Char["ab#"].Array[0, 40].Select(chars => new string(chars));
        var stop = Gen.Char["ab#"].Array[1, 4].Select(chars => new string(chars));
        Gen.Select(text, stop.List[0, 3], Gen.Int[1, 5]).Sample((whole, stops, size) =>
        {
            // A stop string counts where it is complete first, as a reader of the stream would find it.
            var ends = Enumerable.Range(0, whole.Length + 1).Where(end => stops.Any(s => whole[..end].EndsWith(s, StringComparison.Ordinal)));
            var matcher = new StopMatcher(stops);
            var (released, stopped) = ("", false);
            foreach (var piece in whole.Chunk(size).Select(chars => new string(chars)))
            {
                released += matcher.Append(piece, out stopped);
                if (stopped)
                {
                    break;
                }
            }

            Assert.Equal(ends.Any(), stopped);
            if (!stopped)
            {
                released += matcher.Finish();
                Assert.Equal(whole, released);
            }
            else
            {
                Assert.StartsWith(released, whole, StringComparison.Ordinal);
                Assert.DoesNotContain(stops, s => released.Contains(s, StringComparison.Ordinal));
                Assert.Contains(stops, s => whole[released.Length..].StartsWith(s, StringComparison.Ordinal));
            }

            Assert.Equal(released.Length, matcher.Released);
        });
    }

    [Fact]
    public void Append_ABeginningOfAStop_IsHeldBackUntilItIsDecided()
    {
        var matcher = new StopMatcher(["###"]);
        Assert.Equal("yes", matcher.Append("yes#", out _));
        Assert.Equal("", matcher.Append("#", out var stopped));
        Assert.False(stopped);
        Assert.Equal("##no", matcher.Append("no", out _));
    }
}
