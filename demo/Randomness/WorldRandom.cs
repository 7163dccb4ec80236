namespace Herd.Demo.Randomness;

/// <summary>Random choices for one row of a stream: seed, stream and row decide them alone, in every process.</summary>
/// <remarks>SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).</remarks>
/// <param name="seed">The run's seed.</param>
/// <param name="stream">What the rows are for, so that streams of one seed differ.</param>
/// <param name="row">The row.</param>
internal sealed class WorldRandom(long seed, string stream, long row)
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    private ulong _state = Mix(Mix(StableHash.Of(stream) ^ Mix((ulong)seed + Step)) + (ulong)row);

    /// <summary>Spreads each bit over all others.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    /// <summary>A number from <paramref name="least"/> to below <paramref name="most"/>.</summary>
    public double Between(double least, double most) => least + ((most - least) * (Next() >> 11) / (1UL << 53));

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>, both possible.</summary>
    public int Whole(int least, int most) => least + Below(most - least + 1);

    /// <summary>A whole number from 0 to below <paramref name="count"/>.</summary>
    public int Below(int count) => (int)(Next() % (ulong)count);

    /// <summary>True with a probability.</summary>
    public bool Chance(double probability) => Between(0, 1) < probability;

    /// <summary>One of some.</summary>
    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>Different ones of some, in random order.</summary>
    /// <param name="items">The items, at least <paramref name="count"/>.</param>
    /// <param name="count">How many.</param>
    /// <returns>The chosen ones.</returns>
    public T[] Sample<T>(IReadOnlyList<T> items, int count)
    {
        T[] pool = [.. items];
        for (var place = 0; place < count; place++)
        {
            var chosen = place + Below(pool.Length - place);
            (pool[place], pool[chosen]) = (pool[chosen], pool[place]);
        }

        return pool[..count];
    }

    /// <summary>One of some by their weights.</summary>
    /// <param name="items">Items and weights of at least 0, not all 0.</param>
    /// <returns>The chosen one.</returns>
    public T Weighted<T>(IReadOnlyList<(T Item, double Weight)> items)
    {
        var left = Between(0, items.Sum(item => item.Weight));
        foreach (var (item, weight) in items)
        {
            left -= weight;
            if (left < 0)
            {
                return item;
            }
        }

        return items[^1].Item;
    }

    private ulong Next() => Mix(_state += Step);
}
