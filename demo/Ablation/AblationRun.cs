using Herd.Demo.Evaluation;
using Herd.Demo.Pipeline;
using Herd.Engine.Adapters;
using Herd.Engine.Execution;
using Herd.Engine.Training;
using Herd.Engine.Training.Runs;

namespace Herd.Demo.Ablation;

/// <summary>One way of training under one seed: its phases, and the test in the arithmetic that serves. What is done is not done again.</summary>
/// <param name="model">Base and image encoder.</param>
/// <param name="folder">The run's own folder.</param>
/// <param name="stages">Stages of the run's seed.</param>
/// <param name="variant">The way of training.</param>
/// <param name="seed">The seed.</param>
/// <param name="slots">An adapter whose slots learned to describe their cells, with which it begins.</param>
/// <param name="settings">What all runs have in common.</param>
/// <param name="tell">Told how it goes.</param>
internal sealed class AblationRun(DemoFolder model, DemoFolder folder, AdapterStages stages, Variant variant, long seed, string slots, AblationSettings settings, Action<string> tell)
{
    private const long TestSeed = 20_262;

    private string ResultFile => Path.Combine(folder.Path, "result.json");

    /// <summary>Runs what is not done yet.</summary>
    /// <param name="cancellationToken">Stops; the run can go on.</param>
    /// <returns>The result.</returns>
    public async Task<AblationResult> RunAsync(CancellationToken cancellationToken)
    {
        if (File.Exists(ResultFile))
        {
            Tell("there already");
            return AblationJson.Read<AblationResult>(ResultFile);
        }

        await StageTrainer.OnItsThreadAsync(() => Train(cancellationToken)).ConfigureAwait(false);
        var result = await TestAsync(cancellationToken).ConfigureAwait(false);
        AblationJson.Write(ResultFile, result);
        Tell(string.Join(", ", Measure.Main.Select(measure => $"{measure.Name} {measure.Value(result):0.000}")));
        return result;
    }

    private void Train(CancellationToken cancellationToken)
    {
        var trainer = new StageTrainer(folder, Tell);
        string? from = null;
        foreach (var (phase, steps) in variant.Within(settings.Steps))
        {
            var (start, result) = (from, folder.Adapter(phase.Name));
            if (!File.Exists(result))
            {
                trainer.Train(phase.Name, steps, count => stages.Open(phase, count, start, start is null ? slots : null), trained => AdapterStages.Save(trained, result), cancellationToken);
            }

            from = result;
        }
    }

    private async Task<AblationResult> TestAsync(CancellationToken cancellationToken)
    {
        var engine = await InferenceEngine.LoadAsync(model.Serving, cancellationToken: cancellationToken).ConfigureAwait(false);
        await using (engine.ConfigureAwait(false))
        {
            using var package = AdapterPackage.Read(folder.Adapter(variant.Phases[^1].Name), engine.AdapterReadOptions);
            using var lease = await engine.LoadAdapterAsync(package, cancellationToken).ConfigureAwait(false);
            var evaluator = new Evaluator(new EngineAsker(engine, lease).AskAsync, new EvaluationOptions { KeptMisses = 1 });
            return new AblationResult(
                variant.Name,
                seed,
                await evaluator.RunAsync("held-out scenes", TestSets.Pictures(TestSeed, settings.Pictures), cancellationToken).ConfigureAwait(false),
                await evaluator.RunAsync("instructions", TestSets.Instructions(TestSeed, settings.InstructionsPerKind), cancellationToken).ConfigureAwait(false),
                LossCurve.Of(Steps()));
        }
    }

    /// <summary>The steps of all phases, counted on.</summary>
    private IEnumerable<TrainingStep> Steps()
    {
        var before = 0L;
        foreach (var (phase, steps) in variant.Within(settings.Steps))
        {
            foreach (var step in MetricsLog.Read(new RunFolder(folder.Run(phase.Name)).Metrics))
            {
                yield return step with { Step = before + step.Step };
            }

            before += steps;
        }
    }

    private void Tell(string text) => tell($"{variant.Name} {seed}: {text}");
}
