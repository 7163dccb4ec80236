using System.Collections.Immutable;
using Herd.Demo.Pipeline;

namespace Herd.Demo.Ablation;

/// <summary>A way of training that is compared with others.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Phases">What is trained, one after the other, each going on from the last. Their shares are those of the steps.</param>
internal sealed record Variant(string Name, ImmutableArray<DemoAdapter> Phases)
{
    /// <summary>The phases with the steps that each has of some.</summary>
    /// <param name="steps">Steps of all phases together, at least one each.</param>
    /// <returns>The phases.</returns>
    public IEnumerable<(DemoAdapter Phase, long Steps)> Within(long steps)
    {
        var (whole, share, done) = (Phases.Sum(phase => phase.Share), 0.0, 0L);
        foreach (var phase in Phases)
        {
            share += phase.Share;
            var until = (long)Math.Round(steps * share / whole);
            yield return (phase, Math.Max(1, until - done));
            done = until;
        }
    }
}
