using CsCheck;
using Herd.Demo.Evaluation;
using Xunit;

namespace Herd.Demo.Tests.Evaluation;

/// <summary>Shares and their intervals.</summary>
public sealed class ProportionTests
{
    private static readonly Gen<Proportion> Any = Gen.Int[1, 2000].SelectMany(total => Gen.Int[0, total].Select(right => new Proportion(right, total)));

    [Fact]
    public void Interval_HoldsTheShareWithinNoughtAndOne() => Any.Sample(part =>
    {
        Assert.InRange(part.Low, 0, part.Share);
        Assert.InRange(part.High, part.Share, 1);
    });

    [Fact]
    public void Interval_EndsWhereTheShareIsAsFarAsItsOwnDeviationAllows() => Any.Where(part => part.Right > 0 && part.Right < part.Total).Sample(part =>
    {
        // What defines Wilson's interval: at its ends p, |share - p| = z sqrt(p (1 - p) / n).
        Assert.All([part.Low, part.High], end => Assert.Equal(1.959964 * Math.Sqrt(end * (1 - end) / part.Total), Math.Abs(part.Share - end), 6));
    });

    [Fact]
    public void Interval_OfMoreCases_IsNarrower() => Any.Sample(part =>
    {
        var more = new Proportion(part.Right * 4, part.Total * 4);
        Assert.True(more.High - more.Low < part.High - part.Low);
    });

    [Fact]
    public void Interval_OfNineInTen_IsThePublishedOne()
    {
        var part = new Proportion(9, 10);

        Assert.Equal((0.5958, 0.9821), (Math.Round(part.Low, 4), Math.Round(part.High, 4)));
    }
}
