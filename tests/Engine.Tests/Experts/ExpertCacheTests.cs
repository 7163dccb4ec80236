using CsCheck;
using Herd.Engine.Experts;
using Xunit;

namespace Herd.Engine.Tests.Experts;

public sealed class ExpertCacheTests
{
    [Fact]
    public void Find_ByAnythingElse_FindsNothing()
    {
        var cache = new ExpertCache(10, 10);
        var key = new ExpertKey("acme", "ocr", "eng", "p", "t");
        cache.Add(key, new ExpertFinding("STOP", 1));

        Assert.Equal("STOP", cache.Find(key with { })?.Text);
        Assert.All(
            [key with { Scope = "other" }, key with { Expert = "far" }, key with { Settings = "deu" }, key with { Picture = "q" }, key with { Text = "u" }],
            other => Assert.Null(cache.Find(other)));
    }

    [Fact]
    public void Add_BeyondTheCapacity_DropsWhatWasUsedLongestAgo()
    {
        var cache = new ExpertCache(2, 2);
        cache.Add(Key("a", 1), new ExpertFinding("1", 1));
        cache.Add(Key("b", 2), new ExpertFinding("2", 1));
        cache.Find(Key("a", 1));

        cache.Add(Key("c", 3), new ExpertFinding("3", 1));

        Assert.Equal(["1", null, "3"], [cache.Find(Key("a", 1))?.Text, cache.Find(Key("b", 2))?.Text, cache.Find(Key("c", 3))?.Text]);
    }

    [Fact]
    public void Add_OfAnySequence_HoldsToBothCapacitiesAndToWhatAModelHolds() =>
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 4], Gen.Select(Gen.Int[0, 2], Gen.Int[0, 6], Gen.Bool).Array[0, 60]).Sample((capacity, scopeCapacity, steps) =>
        {
            var cache = new ExpertCache(capacity, scopeCapacity);
            var model = new List<ExpertKey>(); // newest first
            foreach (var (scope, picture, adds) in steps)
            {
                var key = Key($"s{scope}", picture);
                var known = model.Remove(key);
                if (adds && capacity > 0 && scopeCapacity > 0)
                {
                    var ofScope = model.Where(other => other.Scope == key.Scope).ToArray();
                    model.Remove(ofScope.Length >= scopeCapacity ? ofScope[^1] : model.Count >= capacity ? model[^1] : key);
                }

                Assert.True(adds || known == cache.Find(key) is not null);
                if (adds)
                {
                    cache.Add(key, new ExpertFinding($"{picture}", 1));
                }

                if (known || (adds && capacity > 0 && scopeCapacity > 0))
                {
                    model.Insert(0, key);
                }

                Assert.Equal(model.Count, cache.Count);
            }
        });

    private static ExpertKey Key(string scope, int picture) => new(scope, "ocr", "eng", $"{picture}", "");
}
