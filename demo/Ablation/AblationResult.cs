using Herd.Demo.Evaluation;

namespace Herd.Demo.Ablation;

/// <summary>What a run came to.</summary>
/// <param name="Variant">The way of training.</param>
/// <param name="Seed">The seed of first values and data.</param>
/// <param name="Pictures">Questions and captions under held-out scenes.</param>
/// <param name="Instructions">Held-out instructions without pictures.</param>
/// <param name="Losses">The losses on the way, by source.</param>
public sealed record AblationResult(string Variant, long Seed, EvaluationReport Pictures, EvaluationReport Instructions, IReadOnlyList<LossCurve> Losses);

/// <summary>All results, with what they have in common.</summary>
/// <param name="Settings">That.</param>
/// <param name="Runs">The results.</param>
public sealed record AblationResults(AblationSettings Settings, IReadOnlyList<AblationResult> Runs)
{
    /// <summary>The runs of a way of training, by seed.</summary>
    /// <param name="variant">Its name.</param>
    /// <returns>None where it was not run.</returns>
    public IReadOnlyList<AblationResult> Of(string variant) => [.. Runs.Where(run => run.Variant == variant).OrderBy(run => run.Seed)];
}
