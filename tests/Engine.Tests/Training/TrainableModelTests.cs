using Herd.Engine.Execution;
using Herd.Engine.Tests.Execution;
using Herd.Engine.Training.Data;
using Herd.Engine.Training.Model;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Training;

/// <summary>The model that is trained: the function that serving computes, and its gradients.</summary>
public sealed class TrainableModelTests
{
    private const double LogitsAgree = 3e-4;

    public static TheoryData<string> Adapters => [.. TinyModel.Adapters];

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Logits_AreThoseOfServing(string adapter)
    {
        using var scope = NewDisposeScope();
        using var package = TinyTraining.Read(adapter);
        using var model = TinyTraining.Model(adapter);
        var picture = TinyModel.TakesPictures(adapter) ? TinyModel.Pictures.Keys.First() : null;
        foreach (var file in new[] { null, picture }.Distinct())
        {
            var example = TinyTraining.Examples().Next() with { Picture = file is null ? null : TinyTraining.Picture(file) };

            AssertWithin(LogitsAgree, ServedLogits.Of(package, example.Ids, file), model.Logits(example));
        }
    }

    [Fact]
    public void Logits_OfAMixedBatch_LeaveSlotsOutWhereThereIsNoPicture()
    {
        using var model = TinyTraining.Model(TinyModel.Early);
        var (bare, pictured) = (TinyTraining.Examples().Next(), TinyTraining.Examples(seed: 2).Next() with { Picture = TinyTraining.Picture(TinyModel.Pictures.Keys.First()) });
        double Weight(TrainingExample example) => example.Weights.Skip(1).Sum();

        var together = model.Loss([bare, pictured]) * (Weight(bare) + Weight(pictured));

        Assert.Equal((model.Loss([bare]) * Weight(bare)) + (model.Loss([pictured]) * Weight(pictured)), together, 1e-3);
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Gradients_AreTheSlopesOfTheLoss(string adapter)
    {
        using var scope = NewDisposeScope();
        using var model = TinyTraining.Model(adapter);
        var examples = Draw(TinyTraining.Examples(TinyModel.TakesPictures(adapter)), 3);
        AskForAll(model);
        model.Backward(examples, 1);

        Assert.All(model.Tensors.Where(tensor => tensor.Value.grad is not null), tensor => AssertIsSlope(model, examples, tensor.Key, tensor.Value));
    }

    [Fact]
    public void Backward_OnSeveralThreads_IsThatOfOne()
    {
        using var scope = NewDisposeScope();
        var examples = Draw(TinyTraining.Examples(), 7);
        (double Loss, Dictionary<string, Tensor> Gradients) On(int threads)
        {
            using var model = TrainableModel.FromBase(TinyTraining.Base, new TrainableModelOptions { Threads = threads });
            AskForAll(model);
            return (model.Backward(examples, 1), model.Tensors.ToDictionary(tensor => tensor.Key, tensor => tensor.Value.grad!.clone()));
        }

        var (one, several) = (On(1), On(3));

        Assert.Equal(one.Loss, several.Loss, 1e-5);
        Assert.All(one.Gradients, gradient =>
        {
            var (off, most) = ((gradient.Value - several.Gradients[gradient.Key]).abs().max().item<float>(), gradient.Value.abs().max().item<float>());
            Assert.True(off <= 1e-4 * most, $"{gradient.Key}: {off} of {most}");
        });
    }

    [Fact]
    public void Backward_OfShortRowsBesideLongOnes_IsTheMeanOverThemAll()
    {
        using var scope = NewDisposeScope();
        using var model = TinyTraining.Model(TinyModel.Early);
        var whole = TinyTraining.Examples().Next();
        TrainingExample Cut(int tokens) => new(whole.Ids[^tokens..], whole.Weights[^tokens..], null);
        TrainingExample[] rows = [Cut(4), whole, Cut(5)];
        AskForAll(model);

        Assert.Equal([[whole], [rows[2], rows[0]]], LengthGroups.Of(rows));
        Assert.Equal(model.Loss(rows), model.Backward(rows, 1), 1e-5);
    }

    [Fact]
    public void Gradients_OfABase_AreTheSlopesOfTheLoss()
    {
        using var scope = NewDisposeScope();
        using var model = TrainableModel.FromBase(TinyTraining.Base, new TrainableModelOptions());
        var examples = Draw(TinyTraining.Examples(), 3);
        AskForAll(model);
        model.Backward(examples, 1);

        Assert.All(model.Tensors, tensor => AssertIsSlope(model, examples, tensor.Key, tensor.Value));
    }

    [Theory]
    [InlineData(TinyModel.Visual)]
    [InlineData(TinyModel.Early)]
    [InlineData(TinyModel.Lora)]
    public void RecomputedActivations_GiveTheSameGradients(string adapter)
    {
        using var scope = NewDisposeScope();
        using var kept = TinyTraining.Model(adapter);
        using var recomputed = TinyTraining.Model(adapter, new TrainableModelOptions { RecomputeActivations = true });
        var examples = Draw(TinyTraining.Examples(pictures: true), 3);
        AskForAll(kept);
        AskForAll(recomputed);

        Assert.Equal(kept.Backward(examples, 0.5), recomputed.Backward(examples, 0.5), 1e-6);
        Assert.All(kept.Tensors, tensor =>
        {
            var (expected, actual) = (tensor.Value.grad, recomputed.Tensors[tensor.Key].grad);
            Assert.Equal(expected is null, actual is null);
            if (expected is not null)
            {
                AssertWithin(1e-5 * Math.Max(1, expected.abs().max().item<float>()), expected, actual!);
            }
        });
    }

    [Fact]
    public void RecomputedActivations_OfABase_GiveTheSameGradients()
    {
        using var scope = NewDisposeScope();
        using var kept = TrainableModel.FromBase(TinyTraining.Base, new TrainableModelOptions());
        using var recomputed = TrainableModel.FromBase(TinyTraining.Base, new TrainableModelOptions { RecomputeActivations = true });
        var examples = Draw(TinyTraining.Examples(), 3);
        AskForAll(kept);
        AskForAll(recomputed);
        kept.Backward(examples, 1);
        recomputed.Backward(examples, 1);

        Assert.All(kept.Tensors, tensor => AssertWithin(1e-5 * Math.Max(1, tensor.Value.grad!.abs().max().item<float>()), tensor.Value.grad!, recomputed.Tensors[tensor.Key].grad!));
    }

    [Fact]
    public void BFloat16_ComputesWhatBFloat16Serves()
    {
        using var scope = NewDisposeScope();
        using var package = TinyTraining.Read(TinyModel.Visual);
        using var model = TinyTraining.Model(TinyModel.Visual, new TrainableModelOptions { Dtype = EngineDtype.BFloat16 });
        var example = TinyTraining.Examples().Next();
        var (exact, served, trained) = (ServedLogits.Of(package, example.Ids, null), ServedLogits.Of(package, example.Ids, null, ScalarType.BFloat16), model.Logits(example));

        // As far from one another as rounding takes each from the exact numbers.
        Assert.InRange((served - trained).abs().mean().item<float>(), 0, 2 * (served - exact).abs().mean().item<float>());
    }

    [Fact]
    public void ABaseThatIsSaved_IsTheOneThatWasRead()
    {
        using var scope = NewDisposeScope();
        using var folder = new Herd.Testing.TestFolder();
        using var model = TrainableModel.FromBase(TinyTraining.Base, new TrainableModelOptions());
        model.SaveBase(folder.In("base"), TinyModel.Options.TokenizerFile!, EngineDtype.Float32);
        using var again = TrainableModel.FromBase(Engine.Bases.BaseFolder.Open(folder.In("base")), new TrainableModelOptions());

        Assert.All(model.Tensors, tensor => Assert.True(tensor.Value.equal(again.Tensors[tensor.Key]).all().item<bool>(), tensor.Key));
    }

    [Fact]
    public void APackage_HoldsWhatTheTensorsAreNow()
    {
        using var scope = NewDisposeScope();
        using var start = TinyTraining.Read(TinyModel.Chat);
        using var model = TinyTraining.Model(TinyModel.Chat);
        using var same = model.ToPackage();
        using (no_grad())
        {
            model.Tensors["norm"].mul_(model.Tensors["norm"]);
        }

        using var changed = model.ToPackage();
        Assert.Equal(start.Version, same.Version);
        Assert.NotEqual(start.Version, changed.Version);
    }

    private static TrainingExample[] Draw(RandomExamples source, int count) => [.. Enumerable.Range(0, count).Select(_ => source.Next())];

    private static void AskForAll(TrainableModel model)
    {
        foreach (var tensor in model.Tensors.Values)
        {
            tensor.requires_grad = true;
        }
    }

    /// <summary>Along its gradient the loss rises by the gradient's length times the way.</summary>
    private static void AssertIsSlope(TrainableModel model, TrainingExample[] examples, string name, Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var length = tensor.grad!.norm().item<float>();
        if (length < 1e-4)
        {
            return; // lost in the rounding of the loss
        }

        var (direction, start) = (tensor.grad! / tensor.grad!.norm(), tensor.clone());
        var way = Math.Min(0.02 / length, 0.02 * (1 + start.norm().item<float>()));
        double LossAt(double distance)
        {
            tensor.copy_(start + (direction * distance));
            return model.Loss(examples);
        }

        var slope = (LossAt(way) - LossAt(-way)) / (2 * way);
        tensor.copy_(start);
        Assert.True(Math.Abs(slope - length) <= (0.03 * length) + 2e-4, $"{name}: expected a slope of {length:g4}, found {slope:g4}.");
    }

    private static void AssertWithin(double tolerance, Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        Assert.InRange((expected - actual).abs().max().item<float>(), 0, tolerance);
    }
}
