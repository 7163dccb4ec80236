using System.Text;
using CsCheck;
using Herd.Engine.Sampling;
using Xunit;

namespace Herd.Engine.Tests.Sampling;

public sealed class StopMatcherTests
{
    private static readonly Gen<string> Texts = OneOf("a", "b", "ab", "#", "é", "日", "🙂", "\r\n").Array[0, 40].Select(string.Concat);
    private static readonly Gen<string> Stops = OneOf("a", "b", "#", "é", "日", "🙂", "\n").Array[1, 5].Select(string.Concat);

    [Fact]
    public void Append_TextCutAnyhow_GivesTheTextBeforeTheStopThatIsCompleteFirst()
    {
        var found = 0;
        Gen.Select(Texts, Stops.Array[0, 4], Gen.Int[0, 9].Array[1, 8]).Sample((whole, stops, cuts) =>
        {
            var end = Definition(whole, stops);
            var matcher = new StopMatcher(stops);
            var (released, stopped) = ("", false);
            foreach (var piece in Cut(whole, cuts))
            {
                var more = matcher.Append(piece, out stopped);
                Assert.Equal(more, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(more)));
                released += more;

                // Nothing is ever taken back, and nothing is kept for longer than it must be.
                Assert.StartsWith(released, whole[..(end ?? whole.Length)], StringComparison.Ordinal);
                if (stopped)
                {
                    Interlocked.Increment(ref found);
                    break;
                }
            }

            released += matcher.Finish();
            Assert.Equal(end.HasValue, stopped);
            Assert.Equal(whole[..(end ?? whole.Length)], released);
            Assert.Equal(released.Length, matcher.Released);
        });
        Assert.NotEqual(0, found);
    }

    [Fact]
    public void Append_WithoutAStop_HoldsBackOnlyTheLongestBeginningOfOne()
    {
        Gen.Select(Texts, Stops.Array[1, 4]).Where((whole, stops) => Definition(whole, stops) is null).Sample((whole, stops) =>
        {
            var held = whole.Length - new StopMatcher(stops).Append(whole, out _).Length;
            var beginnings = stops.SelectMany(stop => Enumerable.Range(0, stop.Length).Select(length => stop[..length]));
            Assert.Equal(beginnings.Where(beginning => whole.EndsWith(beginning, StringComparison.Ordinal)).Max(beginning => beginning.Length), held);
        });
    }

    [Theory]
    [InlineData("xabcd", new[] { "abcd", "bc" }, "xa")] // bc is complete first
    [InlineData("xabc", new[] { "bc", "abc", "c" }, "x")] // all at once: the longest
    [InlineData("aaab", new[] { "aab" }, "a")] // a beginning within a beginning
    [InlineData("xy", new[] { "z" }, "xy")]
    public void Append_SeveralThatCouldMatch_TakesTheFirstCompleteAndThenTheLongest(string whole, string[] stops, string expected)
    {
        Assert.All(Enumerable.Range(1, whole.Length), size =>
        {
            var matcher = new StopMatcher(stops);
            var released = "";
            foreach (var piece in whole.Chunk(size))
            {
                released += matcher.Append(new string(piece), out var stopped);
                if (stopped)
                {
                    break;
                }
            }

            Assert.Equal(expected, released + matcher.Finish());
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

    private static Gen<string> OneOf(params string[] words) => Gen.Int[0, words.Length - 1].Select(index => words[index]);

    /// <summary>Where the text ends by the plain definition, on the whole text; null where no stop string is in it.</summary>
    private static int? Definition(string whole, string[] stops)
    {
        for (var end = 1; end <= whole.Length; end++)
        {
            var complete = stops.Where(stop => whole[..end].EndsWith(stop, StringComparison.Ordinal)).ToArray();
            if (complete.Length > 0)
            {
                return end - complete.Max(stop => stop.Length);
            }
        }

        return null;
    }

    /// <summary>Pieces of whole characters, as a decoder gives them; some are empty.</summary>
    private static IEnumerable<string> Cut(string whole, int[] sizes)
    {
        var (runes, at) = (whole.EnumerateRunes().ToArray(), 0);
        for (var i = 0; at < runes.Length; i++)
        {
            var size = i < sizes.Length ? sizes[i] : 1;
            yield return string.Concat(runes.Skip(at).Take(size));
            at += size;
        }
    }
}
