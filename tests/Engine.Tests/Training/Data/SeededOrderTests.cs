using CsCheck;
using Herd.Engine.Training.Data;
using Xunit;

namespace Herd.Engine.Tests.Training.Data;

public sealed class SeededOrderTests
{
    [Fact]
    public void RowAt_OfAllPlaces_GivesEachRowOnce()
    {
        Gen.Select(Gen.Long, Gen.Long[0, 100], Gen.Int[1, 3000]).Sample((seed, pass, count) =>
        {
            var order = new SeededOrder(seed, pass, count);
            Assert.Equal(count, Enumerable.Range(0, count).Select(place => order.RowAt(place)).Where(row => row >= 0 && row < count).Distinct().Count());
        });
    }

    [Fact]
    public void RowAt_OfAnotherPassOrSeed_GivesAnotherOrder()
    {
        static string Order(long seed, long pass) => string.Join(' ', Enumerable.Range(0, 50).Select(place => new SeededOrder(seed, pass, 50).RowAt(place)));

        Assert.Equal(Order(1, 0), Order(1, 0));
        Assert.Equal(9, Enumerable.Range(0, 3).SelectMany(seed => Enumerable.Range(0, 3).Select(pass => Order(seed, pass))).Distinct().Count());
    }

    [Fact]
    public void RowAt_OverManyPasses_PutsEveryRowAtEveryPlaceAboutAsOften()
    {
        const int rows = 5;
        const int passes = 5000;
        var counts = new int[rows, rows];
        for (var pass = 0; pass < passes; pass++)
        {
            var order = new SeededOrder(7, pass, rows);
            for (var place = 0; place < rows; place++)
            {
                counts[place, order.RowAt(place)]++;
            }
        }

        Assert.All(counts.Cast<int>(), count => Assert.InRange(count, passes / rows * 0.85, passes / rows * 1.15));
    }
}
