using Herd.Silo.Telemetry;

namespace Herd.Silo.Tests.Telemetry;

public sealed class BoundedLabelTests
{
    [Fact]
    public void Of_MoreValuesThanTheBound_KeepsTheFirstAndCallsTheRestOther()
    {
        var label = new BoundedLabel(2);

        Assert.Equal(["a", "b", "a", "other", "b", "other"], ((string[])["a", "b", "a", "c", "b", "d"]).Select(label.Of));
    }

    [Fact]
    public void Of_ManyThreads_NeverPassesTheBound()
    {
        for (var round = 0; round < 200; round++)
        {
            var label = new BoundedLabel(5);
            var found = new string[64];

            Parallel.For(0, found.Length, i => found[i] = label.Of($"{i % 16}"));

            Assert.InRange(found.Distinct().Count(value => value != BoundedLabel.Other), 1, 5);
        }
    }
}
