using Herd.Engine.Execution;
using Herd.Engine.Training;
using Herd.Engine.Training.Data;
using Herd.Engine.Training.Encoders;
using Herd.Engine.Training.Optimization;
using Herd.Engine.Vision;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Training;

/// <summary>Image encoders that are trained from random values.</summary>
public sealed class EncoderTrainingTests : IDisposable
{
    private const int Side = 16;
    private const int Patches = 4;

    private static readonly EncoderBlueprint Blueprint = new(Side, Patch: 8, Width: 64, Layers: 1, OutputWidth: 16);

    private readonly TestFolder _folder = new();

    [Fact]
    public void Encoder_ThatIsSaved_IsReadByServing()
    {
        using var scope = NewDisposeScope();
        using var encoder = TrainableEncoder.New(Blueprint, seed: 1);
        encoder.Save(_folder.In("clip.safetensors"), EngineDtype.Float32);
        using var served = ClipEncoder.Load(_folder.In("clip.safetensors"), ScalarType.Float32, CPU);
        var picture = new Squares(1).Next().Picture;

        Assert.True(encoder.Forward([picture]).equal(served.Encode(tensor(picture.Pixels, [1, 3, Side, Side]))).all().item<bool>());
    }

    [Fact]
    public void DenseLabels_TeachWhatStandsWhere()
    {
        using var encoder = TrainableEncoder.New(Blueprint, seed: 1);
        using var task = new LabelTask("patches", encoder, [2], new Squares(1), batch: 16, seed: 1);
        using var trainer = new Trainer(Plan(120), encoder.Tensors.Concat(task.Heads).ToDictionary(), [task]);
        var first = trainer.Step().Loss;

        Run(trainer, 118);

        Assert.InRange(trainer.Step().Loss, 0, first / 10);
    }

    [Fact]
    public void Contrast_BringsPicturesAndTheirCaptionsTogether()
    {
        using var encoder = TrainableEncoder.New(Blueprint, seed: 1);
        using var task = new ContrastiveTask("captions", encoder, new Captioned(), batch: 16, vocabulary: 16, maxTokens: Patches, seed: 1);
        using var trainer = new Trainer(Plan(150), encoder.Tensors.Concat(task.Heads).ToDictionary(), [task]);
        var first = trainer.Step().Loss;

        Run(trainer, 139);

        Assert.InRange(Enumerable.Range(0, 10).Average(_ => trainer.Step().Loss), 0, first * 0.6);
    }

    [Fact]
    public void Encoder_ResumedFromACheckpoint_EndsAsTheUninterruptedOne()
    {
        string Digest(Action<Trainer> run)
        {
            using var encoder = TrainableEncoder.New(Blueprint, seed: 1);
            using var task = new LabelTask("patches", encoder, [2], new Squares(1), batch: 4, seed: 1);
            using var trainer = new Trainer(Plan(6), encoder.Tensors.Concat(task.Heads).ToDictionary(), [task]);
            run(trainer);
            encoder.Save(_folder.In("end.safetensors"), EngineDtype.Float32);
            return ClipEncoder.ComputeDigest(_folder.In("end.safetensors"));
        }

        var whole = Digest(trainer => Run(trainer, 6));
        Digest(trainer =>
        {
            Run(trainer, 2);
            trainer.Save(_folder.In("checkpoint"));
        });
        var resumed = Digest(trainer =>
        {
            trainer.Load(_folder.In("checkpoint"));
            Run(trainer, 4);
        });

        Assert.Equal(whole, resumed);
    }

    public void Dispose() => _folder.Dispose();

    private static void Run(Trainer trainer, int steps) => Enumerable.Range(0, steps).ToList().ForEach(_ => trainer.Step());

    private static TrainingPlan Plan(int steps) => new()
    {
        Groups = TrainingPresets.Get("clip").Groups, Schedule = new LearningRateSchedule(3e-3, steps, WarmUp: 5), MaxGradient = 1,
    };

    /// <summary>Four patches, each dark or bright.</summary>
    private sealed class Squares(int seed) : ILabelledPictureSource
    {
        public ExamplePosition Position { get; set; }

        public LabelledPicture Next()
        {
            var random = new Random(seed + (int)Position.Row);
            Position = Position with { Row = Position.Row + 1 };
            var labels = Enumerable.Range(0, Patches).Select(_ => random.Next(2)).ToArray();
            var pixels = new float[3 * Side * Side];
            for (var index = 0; index < pixels.Length; index++)
            {
                var (y, x) = (index / Side % Side, index % Side);
                pixels[index] = labels[(y / 8 * 2) + (x / 8)] - 0.5f + ((float)random.NextDouble() * 0.2f);
            }

            return new LabelledPicture(new TrainingPicture(null, pixels), [labels]);
        }
    }

    private sealed class Captioned : IExampleSource
    {
        private readonly Squares _squares = new(9);

        public ExamplePosition Position { get => _squares.Position; set => _squares.Position = value; }

        public TrainingExample Next()
        {
            var picture = _squares.Next();
            return new TrainingExample([.. picture.Labels[0].Select((label, place) => (place * 2) + label)], [0, 0, 0, 0], picture.Picture);
        }
    }
}
