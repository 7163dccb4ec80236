using System.Collections.Immutable;
using Herd.Demo.Pictures;
using Herd.Demo.Rows;
using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Execution;
using Herd.Engine.Training;
using Herd.Engine.Training.Adapters;
using Herd.Engine.Training.Encoders;
using Herd.Engine.Training.Model;
using Herd.Engine.Training.Optimization;
using Herd.Engine.Training.Parameters;
using static TorchSharp.torch;

namespace Herd.Demo.Pipeline;

/// <summary>The demo tenants' adapters over base and image encoder.</summary>
/// <param name="folder">The demo's folder; base and encoder are there.</param>
/// <param name="pictures">The pictures that are trained on.</param>
/// <param name="digest">The base's digest with the encoder's.</param>
/// <param name="seed">The run's seed.</param>
internal sealed class AdapterStages(DemoFolder folder, WorldPictures pictures, string digest, long seed)
{
    /// <summary>Rows of a step.</summary>
    public const int Batch = 32;

    private const int ClipWidth = 128;
    private const long WarmUp = 60;

    private static readonly ParameterGroup FrontEnd = new() { Name = "front", Tensors = [.. DemoAdapters.FrontTensors] };

    private static readonly ParameterGroup Prompts = DemoAdapters.Prompts with { Sources = [] };

    private readonly BaseFolder _base = BaseFolder.Open(folder.Base);

    /// <summary>Opens what comes first: slots learn to hold what the base reads of words for what stands in their cell, before any answer is learned.</summary>
    public Trained OpenSlots(DemoAdapter adapter, long steps)
    {
        using var start = NewAdapter.Make(adapter.Blueprint, _base, digest, ClipWidth, seed);
        var model = Model(start);
        var words = new WordsTask("words", model, new SlotWords(seed, pictures, _base.Tokenizer), batch: 64);
        var plan = new TrainingPlan
        {
            Groups = model.Tensors.ContainsKey(Prompts.Tensors[0]) ? [FrontEnd, Prompts] : [FrontEnd],
            Schedule = new LearningRateSchedule(2e-3, steps, Math.Min(WarmUp, steps), Minimum: 1e-4),
            MaxGradient = 1,
            AdamW = FoundationStages.AdamW,
        };
        return new Trained(plan, model.Tensors, [words], model);
    }

    /// <summary>Opens the adapter for training.</summary>
    /// <param name="adapter">Which.</param>
    /// <param name="steps">Steps there will be.</param>
    /// <param name="from">The adapter to go on from: another one, or its own with slots warmed up; null to begin anew.</param>
    /// <param name="front">An adapter whose visual front end it takes over, all else being its own; null for none.</param>
    public Trained Open(DemoAdapter adapter, long steps, string? from, string? front = null)
    {
        using var start = from is null
            ? NewAdapter.Make(adapter.Blueprint, _base, digest, ClipWidth, seed)
            : Read(from);
        var model = Model(start);
        if (front is not null)
        {
            TakeFrontEnd(model, front);
        }

        var encoder = new RowEncoder(_base.Tokenizer);
        var rows = adapter.Questions with { Rows = (long)(steps * Batch * adapter.PictureShare * 0.8) };
        List<ITrainingTask> tasks = [];
        if (adapter.PictureShare < 1)
        {
            tasks.Add(new LanguageTask(DemoAdapters.Instructions, model, WorldExamples.Instructions(seed, encoder, adapter.Style), Batch));
        }

        if (adapter.PictureShare > 0)
        {
            tasks.Add(new LanguageTask(DemoAdapters.Pictures, model, WorldExamples.Pictures(seed, encoder, pictures, rows), Batch));
        }

        var plan = new TrainingPlan
        {
            Groups = adapter.Groups,
            Schedule = new LearningRateSchedule(adapter.Rate, steps, Math.Min(WarmUp, steps), Minimum: adapter.Rate * 0.02),
            Shares = tasks.Count > 1
                ? ImmutableDictionary<string, double>.Empty.Add(DemoAdapters.Pictures, adapter.PictureShare).Add(DemoAdapters.Instructions, 1 - adapter.PictureShare)
                : ImmutableDictionary<string, double>.Empty,
            MaxGradient = 1,
            AdamW = FoundationStages.AdamW,
        };
        return new Trained(plan, model.Tensors, tasks, model);
    }

    /// <summary>Writes the adapter.</summary>
    public static void Save(Trained trained, string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var package = trained.The<TrainableModel>().ToPackage();
        File.Delete(path);
        package.Save(path);
    }

    private AdapterPackage Read(string path) => AdapterPackage.Read(path, new AdapterReadOptions { BaseConfig = _base.Config, BaseDigest = digest });

    private void TakeFrontEnd(TrainableModel model, string path)
    {
        using var frozen = no_grad();
        using var package = Read(path);
        using var other = Model(package);
        foreach (var (name, values) in other.Tensors.Where(tensor => FrontEnd.Holds(tensor.Key)))
        {
            model.Tensors[name].copy_(values);
        }
    }

    private TrainableModel Model(AdapterPackage start) => TrainableModel.OverBase(_base, start, folder.Encoder, new TrainableModelOptions { Dtype = EngineDtypes.FastestHere, FeatureCacheBytes = 512L << 20 });
}
