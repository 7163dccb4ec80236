using System.Collections.Immutable;

namespace Herd.Engine.Adapters;

/// <summary>The low-rank matrices as the manifest tells them: <c>y = W x + b + B (A x)</c>, any scaling folded into B.</summary>
public sealed record ManifestLora
{
    /// <summary>Matrices that have such a pair in some layer, in the order of <see cref="TunedLinear"/>.</summary>
    public required ImmutableArray<TunedLinear> Linears { get; init; }

    /// <summary>The largest rank among them.</summary>
    public required int MaxRank { get; init; }
}
