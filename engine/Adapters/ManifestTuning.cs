using System.Collections.Immutable;

namespace Herd.Engine.Adapters;

/// <summary>What is tuned, as the manifest tells it: biases and scales of matrices, and the weights of norms.</summary>
public sealed record ManifestTuning
{
    /// <summary>Matrices that have a bias in some layer, in the order of <see cref="TunedLinear"/>.</summary>
    public required ImmutableArray<TunedLinear> Biases { get; init; }

    /// <summary>Whether some norm has a weight of its own.</summary>
    public required bool Norms { get; init; }

    /// <summary>Where the scales stand.</summary>
    public required ScaleOrder Order { get; init; }

    /// <summary>Matrices that have a scale in some layer, in the order of <see cref="TunedLinear"/>.</summary>
    public required ImmutableArray<TunedLinear> Scales { get; init; }
}
