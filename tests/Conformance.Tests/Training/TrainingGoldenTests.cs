using Herd.Conformance.Tests.Golden;
using Herd.Engine.Training;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Training;

/// <summary>What trains, gradients and optimiser steps against the official program's.</summary>
public sealed class TrainingGoldenTests
{
    private const double LargestGradient = 1e-4;
    private const double RelativeGradient = 1e-3;
    private const double AfterSteps = 1e-4;

    public static TheoryData<string> Runs => Cases.Of(GoldenFolder.Find("expected/train-*.safetensors").Select(name => Path.GetFileNameWithoutExtension(name)), "training runs");

    [Theory]
    [MemberData(nameof(Runs))]
    public void Preset_TrainsWhatTheOfficialPhaseTrains(string run)
    {
        using var golden = new GoldenTraining(run);
        using var trainer = new Trainer(golden.Plan(), golden.Model.Tensors, [golden]);

        var trained = trainer.TrainedTensors.SelectMany(group => group).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(golden.Trained.Keys.Select(name => golden.Official.GetValueOrDefault(name, name)).Order(StringComparer.Ordinal), trained.Order(StringComparer.Ordinal));
        Assert.All(golden.Trained, tensor => Assert.Equal(tensor.Value, golden.Decays(golden.Official.GetValueOrDefault(tensor.Key, tensor.Key))));
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Backward_GivesTheOfficialLossAndGradients(string run)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenTraining(run);
        using var trainer = new Trainer(golden.Plan() with { Schedule = golden.Plan().Schedule with { Peak = 0 } }, golden.Model.Tensors, [golden]);

        var step = trainer.Step();

        Assert.InRange(step.Loss, golden.Recorded.Read("loss").item<float>() - Difference.Loss, golden.Recorded.Read("loss").item<float>() + Difference.Loss);
        Assert.InRange(step.Gradient / golden.Recorded.Read("grad_norm").item<float>(), 1 - RelativeGradient, 1 + RelativeGradient);
        Assert.All(golden.Recorded.Matching("grad.", ""), gradient =>
        {
            var name = golden.Official.GetValueOrDefault(gradient.Between, gradient.Between);
            var expected = golden.Recorded.Read(gradient.Name);
            var actual = golden.Model.Tensors[name].grad!.view(expected.shape);
            var limit = Math.Max(LargestGradient, RelativeGradient * expected.abs().max().item<float>());
            Difference.AssertWithin(limit, expected, actual, gradient.Between);
        });
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void FiveSteps_GiveTheOfficialRatesLossesAndValues(string run)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenTraining(run);
        using var trainer = new Trainer(golden.Plan(), golden.Model.Tensors, [golden]);
        var (rates, losses) = (golden.Recorded.Read("optimizer.lr").data<double>().ToArray(), golden.Recorded.Read("optimizer.losses").data<double>().ToArray());

        var steps = rates.Select(_ => trainer.Step()).ToList();

        Assert.All(rates.Zip(steps), pair => Assert.Equal(pair.First, pair.Second.Rate, 1e-12));
        Assert.All(losses.Zip([.. steps.Select(step => step.Loss), golden.Model.Loss(golden.Examples)]), pair => Assert.InRange(pair.Second, pair.First - AfterSteps, pair.First + AfterSteps));
        Assert.All(golden.Recorded.Matching("after5.", ""), value =>
        {
            var expected = golden.Recorded.Read(value.Name);
            Difference.AssertWithin(AfterSteps, expected, golden.Model.Tensors[golden.Official.GetValueOrDefault(value.Between, value.Between)].detach().view(expected.shape), value.Between);
        });
    }
}
