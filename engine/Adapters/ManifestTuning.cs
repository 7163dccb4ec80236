using System.Collections.Immutable;

namespace Herd.Engine.Adapters;

/// <summary>What is tuned, as the manifest tells it: <c>y = W (scale * x) + bias</c>, and the weights of norms.</summary>
public sealed record ManifestTuning
{
    /// <summary>Matrices that have a bias in some layer, in the order of <see cref="TunedLinear"/>.</summary>
    public required ImmutableArray<TunedLinear> Biases { get; init; }

    /// <summary>Whether some norm has a weight of its own.</summary>
    public required bool Norms { get; init; }

    /// <summary>Matrices that have a scale in some layer, in the order of <see cref="TunedLinear"/>.</summary>
    public required ImmutableArray<TunedLinear> Scales { get; init; }
}
