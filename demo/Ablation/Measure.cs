using Herd.Demo.Evaluation;
using Herd.Demo.Pipeline;
using Herd.Demo.Tasks;

namespace Herd.Demo.Ablation;

/// <summary>Something that is measured of every run.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">The value; null where the test set has no such case.</param>
/// <param name="Cases">How many cases it is a share of; null for a loss.</param>
public sealed record Measure(string Name, Func<AblationResult, double?> Value, Func<AblationResult, int?> Cases)
{
    /// <summary>Right answers about pictures, captions apart.</summary>
    public static Measure Questions { get; } = Share("picture questions", result => Asked(result)?.All);

    /// <summary>Captions that are right word by word.</summary>
    public static Measure Captions { get; } = Share("captions", result => Kind(result, QuestionKinds.Caption));

    /// <summary>Right answers to instructions without a picture.</summary>
    public static Measure Instructions { get; } = Share("instructions", result => result.Instructions.Groups.Count == 0 ? null : result.Instructions.All);

    /// <summary>What the claims are judged by.</summary>
    public static IReadOnlyList<Measure> Main { get; } = [Questions, Captions, Instructions];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Measure> All { get; } =
    [
        Questions,
        .. QuestionKinds.OfScenes.Select(kind => Share($"- {kind}", result => Kind(result, kind))),
        Share("- under a wrong picture", result => Asked(result)?.AllWrongPicture),
        Share("- without a picture", result => Asked(result)?.AllBlind),
        Captions,
        Instructions,
        Loss("loss on pictures", DemoAdapters.Pictures),
        Loss("loss on instructions", DemoAdapters.Instructions),
    ];

    /// <summary>The values of some runs.</summary>
    /// <param name="runs">The runs, by seed.</param>
    /// <returns>The values; null where there is none.</returns>
    public SeedValues? Of(IReadOnlyList<AblationResult> runs)
    {
        double[] values = [.. runs.Select(Value).OfType<double>()];
        return values.Length == 0 ? null : new SeedValues(values);
    }

    private static Measure Share(string name, Func<AblationResult, Proportion?> share) => new(name, result => share(result)?.Share, result => share(result)?.Total);

    private static Measure Loss(string name, string source) => new(name, result => result.Losses.FirstOrDefault(curve => curve.Source == source)?.Final, _ => null);

    private static Proportion? Kind(AblationResult result, string kind) => result.Pictures.Groups.FirstOrDefault(group => group.Group == kind)?.Right;

    /// <summary>The report without its captions; null where nothing is left.</summary>
    private static EvaluationReport? Asked(AblationResult result)
    {
        GroupScore[] groups = [.. result.Pictures.Groups.Where(group => group.Group != QuestionKinds.Caption)];
        return groups.Length == 0 ? null : result.Pictures with { Groups = groups };
    }
}
