using Herd.Faults.Injection;
using Herd.Faults.Plan;
using Xunit;

namespace Herd.Faults.Tests;

public sealed class FaultLogTests
{
    private readonly FaultLog _faults = new();

    [Fact]
    public void Serving_NeedsAGatewayASiloAndTheDatabase()
    {
        Disturb(Part.Silo(0), 0, 100);
        Disturb(Part.Silo(1), 0, 100);
        Disturb(Part.Silo(2), 10, 20);
        Disturb(Part.Gateway(0), 30, 50);
        Disturb(Part.Gateway(1), 40, 60);
        Disturb(Part.Database, 70, 75);

        Assert.Equal(75, _faults.Serving(Seconds(0), Seconds(100)).TotalSeconds);
        Assert.Equal(5, _faults.Serving(Seconds(15), Seconds(25)).TotalSeconds);
        Assert.True(_faults.ServesThroughout(Seconds(22), Seconds(39)));
        Assert.False(_faults.ServesThroughout(Seconds(22), Seconds(41)));
    }

    [Fact]
    public void Disturbs_FromTheBeginningUntilAMarginBehindTheEnd()
    {
        var disturbance = _faults.Begin(Part.Gateway(0), "a test", Seconds(10));

        Assert.False(_faults.IsCalm);
        Assert.True(_faults.Disturbs(Part.Gateway(0), Seconds(500), Seconds(501)));
        _faults.End(disturbance, Seconds(20));

        Assert.True(_faults.IsCalm);
        Assert.True(_faults.Disturbs(Part.Gateway(0), Seconds(20.5), Seconds(21)));
        Assert.False(_faults.Disturbs(Part.Gateway(0), Seconds(5), Seconds(9)));
        Assert.False(_faults.Disturbs(Part.Gateway(0), Seconds(22), Seconds(23)));
        Assert.False(_faults.Disturbs(Part.Gateway(1), Seconds(10), Seconds(20)));
    }

    private void Disturb(Part part, int from, int until) => _faults.End(_faults.Begin(part, "a test", Seconds(from)), Seconds(until));

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
