using Herd.Engine.Tests.Execution;
using Herd.Engine.Training;
using Herd.Engine.Training.Data;
using Herd.Engine.Training.Model;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Training;

/// <summary>Steps by a plan: who moves, how it goes on after a stop, what stops it.</summary>
public sealed class TrainerTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public void JointGroups_MoveByTheirOwnSourceAlone()
    {
        using var scope = NewDisposeScope();
        using var model = TinyTraining.Model(TinyModel.Early);
        var start = Values(model);
        using var trainer = Joint(model);
        var early = trainer.TrainedTensors["early"].ToHashSet(StringComparer.Ordinal);

        Assert.All(Enumerable.Range(0, 6), _ =>
        {
            var before = Values(model);
            var step = trainer.Step();
            Assert.All(before.Where(tensor => early.Contains(tensor.Key) != (step.Source == TrainingPresets.Captions)), tensor => AssertSame(tensor.Value, model.Tensors[tensor.Key], tensor.Key));
        });

        Assert.Contains(start, tensor => early.Contains(tensor.Key) && !Same(tensor.Value, model.Tensors[tensor.Key]));
        Assert.Contains(start, tensor => !early.Contains(tensor.Key) && !Same(tensor.Value, model.Tensors[tensor.Key]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(7)]
    public void ResumedRun_EndsAsTheUninterruptedOne(int stop)
    {
        const int Steps = 8;
        using var whole = TinyTraining.Model(TinyModel.Early);
        using (var trainer = Joint(whole, accumulation: 2))
        {
            Step(trainer, Steps);
        }

        using (var first = TinyTraining.Model(TinyModel.Early))
        using (var trainer = Joint(first, accumulation: 2))
        {
            Step(trainer, stop);
            trainer.Save(_folder.In("checkpoint"));
            Step(trainer, 1); // work that is lost
        }

        using var second = TinyTraining.Model(TinyModel.Early);
        using var resumed = Joint(second, accumulation: 2);
        resumed.Load(_folder.In("checkpoint"));
        Step(resumed, Steps - stop);

        using var expected = whole.ToPackage();
        using var actual = second.ToPackage();
        Assert.Equal(expected.Version, actual.Version);
    }

    [Fact]
    public void Load_StateOfAnotherPlan_ChangesNothing()
    {
        using var model = TinyTraining.Model(TinyModel.Chat);
        using var trainer = new Trainer(TinyTraining.Plan("tuning"), model.Tensors, [Instructions(model)]);
        trainer.Step();
        trainer.Save(_folder.In("checkpoint"));
        using var other = TinyTraining.Model(TinyModel.Chat);
        using var narrower = new Trainer(TinyTraining.Plan("official-finetune"), other.Tensors, [Instructions(other)]);
        using var before = other.ToPackage();

        var error = Assert.ThrowsAny<EngineException>(() => narrower.Load(_folder.In("checkpoint")));

        using var after = other.ToPackage();
        Assert.Equal(before.Version, after.Version);
        Assert.Equal(0, narrower.StepsDone);
        Assert.Contains("scale", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Step_GradientsOfSeveralBatches_AreThoseOfOneLargeBatchOfEqualWeight()
    {
        using var scope = NewDisposeScope();
        using var one = TinyTraining.Model(TinyModel.Chat);
        using var two = TinyTraining.Model(TinyModel.Chat);
        var plan = TinyTraining.Plan("tuning");
        var (equal, again) = (new EqualExamples(), new EqualExamples());
        using var large = new Trainer(plan, one.Tensors, [new LanguageTask(TrainingPresets.Instructions, one, equal, batch: 4)]);
        using var small = new Trainer(plan with { Accumulation = 4 }, two.Tensors, [new LanguageTask(TrainingPresets.Instructions, two, again, batch: 1)]);

        var (expected, actual) = (large.Step(), small.Step());

        Assert.Equal(expected.Loss, actual.Loss, 1e-5);
        Assert.Equal(expected.Gradient, actual.Gradient, 1e-3 * expected.Gradient);
        Assert.Equal((4, 4), (expected.Examples, actual.Examples));
    }

    [Fact]
    public void Step_LossThatIsNotFinite_NamesStepBatchAndTensorAndMovesNothing()
    {
        using var model = TinyTraining.Model(TinyModel.Chat);
        using var trainer = new Trainer(TinyTraining.Plan("tuning"), model.Tensors, [Instructions(model)]);
        trainer.Step();
        using (no_grad())
        {
            model.Tensors["layers.3.down.bias"].fill_(float.NaN);
        }

        using var before = model.ToPackage();
        var error = Assert.Throws<DivergedException>(() => trainer.Step());

        using var after = model.ToPackage();
        Assert.Equal(before.Version, after.Version);
        Assert.Contains("the output of layer 3", error.Message, StringComparison.Ordinal);
        Assert.Contains("step 1, batches of 'instructions' from 0:2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_PatternWithoutTensor_IsRefused()
    {
        using var model = TinyTraining.Model(TinyModel.Chat);

        var error = Assert.Throws<EngineException>(() => new Trainer(TinyTraining.Plan("v1"), model.Tensors, [Instructions(model)]));

        Assert.Contains("prompts.*", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Loss_OfTwoHundredStepsOnOneBatch_FallsFar()
    {
        using var model = TinyTraining.Model(TinyModel.Lora);
        using var trainer = new Trainer(TinyTraining.Plan("lora", steps: 200, peak: 5e-3), model.Tensors, [new LanguageTask(TrainingPresets.Instructions, model, new EqualExamples(), batch: 1)]);
        var first = trainer.Step().Loss;

        Step(trainer, 198);

        Assert.InRange(trainer.Step().Loss, 0, first / 4);
    }

    public void Dispose() => _folder.Dispose();

    internal static Trainer Joint(TrainableModel model, int accumulation = 1) => new(
        TinyTraining.Plan("paper-joint") with { Accumulation = accumulation, MaxGradient = 1 },
        model.Tensors,
        [new LanguageTask(TrainingPresets.Captions, model, TinyTraining.Examples(pictures: true, seed: 4), batch: 2), Instructions(model)]);

    private static LanguageTask Instructions(TrainableModel model) => new(TrainingPresets.Instructions, model, TinyTraining.Examples(), batch: 2);

    internal static void Step(Trainer trainer, int steps)
    {
        for (var step = 0; step < steps; step++)
        {
            trainer.Step();
        }
    }

    private static Dictionary<string, Tensor> Values(TrainableModel model) => model.Tensors.ToDictionary(pair => pair.Key, pair => pair.Value.detach().clone());

    private static bool Same(Tensor left, Tensor right) => left.equal(right).all().item<bool>();

    private static void AssertSame(Tensor left, Tensor right, string name) => Assert.True(Same(left, right), name);

    /// <summary>The same example again and again.</summary>
    private sealed class EqualExamples : IExampleSource
    {
        public ExamplePosition Position { get; set; }

        public TrainingExample Next() => TinyTraining.Examples().Next();
    }
}
