using CsCheck;
using Herd.Contracts.Adapters;

namespace Herd.Silo.Tests.Adapters;

public sealed class CanaryShareTests
{
    private const string Alias = "t:acme/a:story@latest";

    private static readonly Gen<int> Shares = Gen.Int[Canary.MinShare, Canary.MaxShare];

    [Fact]
    public void A_larger_share_takes_nothing_away_from_the_canary() => Gen.Select(Gen.String, Shares, Shares).Sample((affinity, one, other) =>
        !Of(Math.Min(one, other)).Takes(Alias, affinity) || Of(Math.Max(one, other)).Takes(Alias, affinity));

    [Fact]
    public void The_side_depends_on_alias_and_affinity_alone() => Gen.Select(Gen.String, Shares).Sample((affinity, share) =>
        Of(share).Takes(Alias, affinity) == new Canary("other", share, DateTimeOffset.UnixEpoch).Takes(Alias, affinity));

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(50)]
    [InlineData(99)]
    public void A_share_is_that_share_of_all(int share)
    {
        const int All = 100_000;

        var taken = Enumerable.Range(0, All).Count(i => Of(share).Takes(Alias, $"conversation-{i}"));

        // Ten standard deviations of as many throws, on inputs that never change.
        Assert.InRange(100.0 * taken / All, share - 1.6, share + 1.6);
    }

    [Fact]
    public void Nobody_is_among_the_first_of_every_alias()
    {
        var both = Enumerable.Range(0, 10_000).Count(i => Of(10).Takes(Alias, $"{i}") && Of(10).Takes(Alias + "2", $"{i}"));

        Assert.InRange(both, 50, 200);
    }

    private static Canary Of(int share) => new("digest", share, DateTimeOffset.UnixEpoch);
}
