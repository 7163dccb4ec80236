using Herd.Engine.Tests.Execution;
using Herd.Engine.Training;
using Herd.Engine.Training.Data;
using Herd.Engine.Training.Encoders;
using Herd.Engine.Training.Model;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Training;

/// <summary>Slots that learn to hold what the base reads of words.</summary>
public sealed class WordsTaskTests
{
    private static readonly TrainingPlan Plan = TinyTraining.Plan("full", steps: 200, peak: 3e-2) with { Groups = [new() { Name = "all", Tensors = ["clip_proj*", "visual_*", "prompts.query"] }], MaxGradient = 1 };

    [Theory]
    [InlineData(TinyModel.Early)]
    [InlineData(TinyModel.Visual)]
    public void Words_TeachSlotsWhatTheBaseReadsOfThem(string adapter)
    {
        using var model = TinyTraining.Model(adapter);
        var task = new WordsTask("words", model, new Told(Slots(model)), batch: 3);
        using var trainer = new Trainer(Plan, model.Tensors, [task]);
        var first = trainer.Step().Loss;
        for (var step = 0; step < 150; step++)
        {
            trainer.Step();
        }

        Assert.InRange(trainer.Step().Loss, 0, first / 2);
    }

    [Fact]
    public void Loss_IsTheMeanSquareFromNothing_WhereNoSlotStandsForAWord()
    {
        using var scope = NewDisposeScope();
        using var model = TinyTraining.Model(TinyModel.Early);
        var told = new Told(Slots(model), nothing: true);
        var picture = told.Next();
        told.Position = default;
        var layers = model.SlotsBesideWords([new TrainingExample(picture.Ids, new float[picture.Ids.Length], picture.Picture)]);
        var expected = layers.Average(layer => layer.Slots.square().mean().item<float>());

        using var trainer = new Trainer(Plan, model.Tensors, [new WordsTask("words", model, told, batch: 1)]);

        Assert.Equal(expected, trainer.Step().Loss, 1e-5);
    }

    [Fact]
    public void WordsOfTheFirstLayer_AreTheNormedEmbeddings()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var model = TinyTraining.Model(TinyModel.Early);
        using var bare = TrainableModel.FromBase(TinyTraining.Base, new());
        int[] ids = [1, 7, 5];

        var words = model.SlotsBesideWords([new TrainingExample(ids, new float[3], TinyTraining.Picture(TinyModel.Pictures.Keys.First()))])[0].Words;

        var embedded = bare.Tensors.Single(tensor => tensor.Key.EndsWith("tok_embeddings.weight", StringComparison.Ordinal)).Value[tensor(ids.Select(id => (long)id).ToArray())];
        var norm = bare.Tensors.Single(tensor => tensor.Key.EndsWith("layers.0.attention_norm.weight", StringComparison.Ordinal)).Value;
        var expected = embedded / (embedded.square().mean([1], keepdim: true) + TinyTraining.Base.Config.NormEpsilon).sqrt() * norm;
        Assert.True(words.allclose(expected, rtol: 1e-4, atol: 1e-5));
    }

    private static int Slots(TrainableModel model)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        return (int)model.SlotsBesideWords([new TrainingExample([1], [0], TinyTraining.Picture(TinyModel.Pictures.Keys.First()))])[0].Slots.shape[1];
    }

    /// <summary>Two pictures, each with words of its own.</summary>
    private sealed class Told(int slots, bool nothing = false) : IWordedPictureSource
    {
        private static readonly TrainingPicture[] Pictures = [.. TinyModel.Pictures.Keys.Take(2).Select(TinyTraining.Picture)];

        public ExamplePosition Position { get; set; }

        public WordedPicture Next()
        {
            var which = (int)(Position.Row % 2);
            Position = Position with { Row = Position.Row + 1 };
            return new WordedPicture(Pictures[which], [1, 5 + which, 9, 12 + which], [.. Enumerable.Range(0, slots).Select(slot => nothing || slot % 4 == 0 ? -1 : slot % 4)]);
        }
    }
}
