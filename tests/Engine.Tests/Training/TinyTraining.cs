using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Tests.Execution;
using Herd.Engine.Training;
using Herd.Engine.Training.Data;
using Herd.Engine.Training.Model;
using Herd.Engine.Training.Optimization;
using Herd.Engine.Vision;
using Herd.Testing;

namespace Herd.Engine.Tests.Training;

/// <summary>The golden base under each kind of adapter, and random examples to train it with.</summary>
internal static class TinyTraining
{
    private static readonly string NoDigest = new('0', 64);

    public static BaseFolder Base { get; } = BaseFolder.Open(TinyModel.Options.BaseFolder, TinyModel.Options.TokenizerFile);

    public static AdapterPackage Read(string adapter)
    {
        var options = new AdapterReadOptions { BaseConfig = Base.Config, BaseDigest = NoDigest, VisualHeads = TinyModel.VisualHeads };
        using var folder = new TestFolder();
        switch (adapter)
        {
            case TinyModel.Early:
                MadeAdapters.WriteEarly(folder.In("file"));
                return AdapterPackage.Read(folder.In("file"), options);
            case TinyModel.PaperOrder:
                MadeAdapters.WritePaperOrder(folder.In("file"));
                return AdapterPackage.Read(folder.In("file"), options with { ScaleOrder = ScaleOrder.Output });
            case TinyModel.Peft:
                MadeAdapters.WritePeft(folder.In("folder"), Base.Config);
                return AdapterPackage.Read(folder.In("folder"), options);
            default:
                return AdapterPackage.Read(TinyModel.Golden("adapters", adapter + ".pth"), options);
        }
    }

    public static TrainableModel Model(string adapter, TrainableModelOptions? options = null)
    {
        using var package = Read(adapter);
        return TrainableModel.OverBase(Base, package, TinyModel.Options.ClipPath, options ?? new TrainableModelOptions());
    }

    public static TrainingPlan Plan(string preset, long steps = 10, double peak = 1e-3) => new() { Groups = TrainingPresets.Get(preset).Groups, Schedule = new LearningRateSchedule(peak, steps, WarmUp: 2) };

    public static RandomExamples Examples(bool pictures = false, int seed = 1) => new(Base.Config.Vocabulary, pictures, seed);

    /// <summary>A picture as the encoder takes it.</summary>
    public static TrainingPicture Picture(string file)
    {
        var side = 56;
        using var pixels = ClipPreprocessor.ToTensor(ClipPreprocessor.Resize(PictureDecoder.Decode(TinyModel.Pictures[file], PictureLimits.Default), side), side, ChannelOrder.Rgb);
        return new TrainingPicture(file, [.. pixels.data<float>()]);
    }
}

/// <summary>Endless random examples, each made from its position alone.</summary>
internal sealed class RandomExamples(int vocabulary, bool pictures, int seed) : IExampleSource
{
    private static readonly TrainingPicture[] Pictures = [.. TinyModel.Pictures.Keys.Take(3).Select(TinyTraining.Picture)];

    public ExamplePosition Position { get; set; }

    public TrainingExample Next()
    {
        var random = new Random(HashCode(seed, Position.Row));
        Position = Position with { Row = Position.Row + 1 };
        var ids = Enumerable.Range(0, random.Next(5, 12)).Select(place => place == 0 ? 1 : random.Next(3, vocabulary)).ToArray();
        var weights = ids.Select((_, place) => place < 3 ? 0f : place % 2 == 0 ? 1f : 0.5f).ToArray();
        return new TrainingExample(ids, weights, pictures && random.Next(4) > 0 ? Pictures[random.Next(Pictures.Length)] : null);
    }

    private static int HashCode(int seed, long row) => unchecked((int)((seed * 7919) + (row * 104729)));
}
