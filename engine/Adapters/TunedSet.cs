namespace Herd.Engine.Adapters;

/// <summary>Which matrices an adapter tunes in some layer, and how: what it leaves alone costs a step nothing.</summary>
internal sealed record TunedSet(
    IReadOnlySet<TunedLinear> InputScales, IReadOnlySet<TunedLinear> Biases, IReadOnlySet<TunedLinear> OutputScales, IReadOnlySet<TunedLinear> Loras)
{
    /// <summary>The bare base.</summary>
    public static TunedSet Nothing { get; } = new(new HashSet<TunedLinear>(), new HashSet<TunedLinear>(), new HashSet<TunedLinear>(), new HashSet<TunedLinear>());

    /// <summary>What an adapter tunes.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="layers">Number of layers of its base.</param>
    /// <returns>The set.</returns>
    public static TunedSet Of(AdapterWeights adapter, int layers)
    {
        HashSet<TunedLinear> Where(Func<int, TunedLinear, object?> part) =>
            [.. TunedLinearExtensions.All.Where(linear => Enumerable.Range(0, layers).Any(layer => part(layer, linear) is not null))];
        return new TunedSet(Where(adapter.InputScale), Where(adapter.Bias), Where(adapter.OutputScale), Where(adapter.Lora));
    }
}
