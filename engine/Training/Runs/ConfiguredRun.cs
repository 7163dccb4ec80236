using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Prompts;
using Herd.Engine.Training.Adapters;
using Herd.Engine.Training.Data;
using Herd.Engine.Training.Encoders;
using Herd.Engine.Training.Model;
using Herd.Engine.Vision;
using static TorchSharp.torch;

namespace Herd.Engine.Training.Runs;

/// <summary>Runs what a folder's configuration says, from its last checkpoint on where there is one, and leaves the result in the folder.</summary>
public static class ConfiguredRun
{
    private const int LeastPairs = 2;

    /// <summary>Runs to the end. A run whose steps are all behind writes its result again.</summary>
    /// <param name="folder">The folder; its configuration is there.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancellationToken">Stops after a step; the work up to there is kept.</param>
    /// <returns>What was met in the data, by source.</returns>
    /// <exception cref="EngineException">A file is not sound, a value is out of range, or loss or gradient is not finite.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static async Task<IReadOnlyDictionary<string, DataReport>> RunAsync(RunFolder folder, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var configuration = RunConfiguration.Read(folder.Configuration);
        configuration.Validate();
        var @base = BaseFolder.Open(configuration.Base, configuration.Tokenizer);
        var digest = configuration.Part == TrainedPart.Adapter ? await DigestAsync(configuration, @base, cancellationToken).ConfigureAwait(false) : "";

        // A thread of its own: tensors' scopes and the mode of gradients belong to a thread.
        return await Task.Factory.StartNew(Run, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);

        IReadOnlyDictionary<string, DataReport> Run()
        {
            if (configuration.Threads is { } threads)
            {
                set_num_threads(threads);
            }

            void Train(IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyList<ITrainingTask> tasks)
            {
                using var trainer = new Trainer(configuration.Plan, tensors, tasks);
                new TrainingRun(trainer, folder, configuration.CheckpointEvery).Run(progress, cancellationToken);
            }

            return configuration.Part switch
            {
                TrainedPart.Adapter => RunAdapter(folder, configuration, @base, digest, Train),
                TrainedPart.Base => RunBase(folder, configuration, @base, Train),
                _ => RunEncoder(folder, configuration, @base, Train),
            };
        }
    }

    private static IReadOnlyDictionary<string, DataReport> RunAdapter(RunFolder folder, RunConfiguration configuration, BaseFolder @base, string digest, TrainAction train)
    {
        using var start = configuration.Start is { } path
            ? AdapterPackage.Read(path, new AdapterReadOptions { BaseConfig = @base.Config, BaseDigest = digest, VisualHeads = configuration.VisualHeads })
            : NewAdapter.Make(configuration.Blueprint!, @base, digest, ClipWidth(configuration), configuration.Seed);
        using var model = TrainableModel.OverBase(@base, start, configuration.Clip, Options(configuration));
        using var inputs = new RunInputs(folder, configuration, @base, start.Manifest.Template, start.Manifest.Visual?.ChannelOrder ?? ChannelOrder.Rgb, model.PictureSide);
        train(model.Tensors, Tasks(inputs, model, configuration));
        using var package = model.ToPackage();
        Save(package, folder.Adapter);
        if (configuration.Released)
        {
            Save(package, folder.Released(package.Manifest.EarlyFusion is not null));
        }

        return inputs.Reports;
    }

    /// <summary>In place of one that is there, as it is where a run that had ended is resumed.</summary>
    private static void Save(AdapterPackage package, string path)
    {
        var partial = Path.ChangeExtension(path, ".partial" + Path.GetExtension(path));
        File.Delete(partial);
        package.Save(partial);
        File.Move(partial, path, overwrite: true);
    }

    private static IReadOnlyDictionary<string, DataReport> RunBase(RunFolder folder, RunConfiguration configuration, BaseFolder @base, TrainAction train)
    {
        using var model = TrainableModel.FromBase(@base, Options(configuration));
        using var inputs = new RunInputs(folder, configuration, @base, PromptTemplate.All[0].Name, ChannelOrder.Rgb, model.PictureSide);
        train(model.Tensors, Tasks(inputs, model, configuration));
        model.SaveBase(folder.Base, @base.TokenizerPath, configuration.Dtype);
        return inputs.Reports;
    }

    private static IReadOnlyDictionary<string, DataReport> RunEncoder(RunFolder folder, RunConfiguration configuration, BaseFolder @base, TrainAction train)
    {
        using var encoder = configuration.Encoder is { } blueprint ? TrainableEncoder.New(blueprint, configuration.Seed) : TrainableEncoder.Read(configuration.Clip!);
        using var inputs = new RunInputs(folder, configuration, @base, PromptTemplate.All[0].Name, ChannelOrder.Rgb, encoder.ImageSize);
        var tasks = inputs.Sources.Select(source => new ContrastiveTask(
            source.Key, encoder, source.Value, Math.Max(LeastPairs, configuration.Batch), @base.Config.Vocabulary, configuration.MaxTokens, configuration.Seed)).ToList();
        try
        {
            train(encoder.Tensors.Concat(tasks.SelectMany(task => task.Heads)).ToDictionary(), tasks);
            encoder.Save(folder.Encoder, configuration.Dtype);
            return inputs.Reports;
        }
        finally
        {
            tasks.ForEach(task => task.Dispose());
        }
    }

    private static List<LanguageTask> Tasks(RunInputs inputs, TrainableModel model, RunConfiguration configuration) =>
        [.. inputs.Sources.Select(source => new LanguageTask(source.Key, model, source.Value, configuration.Batch))];

    private static TrainableModelOptions Options(RunConfiguration configuration) => new()
    {
        Dtype = configuration.Dtype, Device = configuration.Device, MaxTokens = configuration.MaxTokens, RecomputeActivations = configuration.RecomputeActivations,
    };

    private static async Task<string> DigestAsync(RunConfiguration configuration, BaseFolder @base, CancellationToken cancellationToken)
    {
        var digest = await @base.ComputeDigestAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        return configuration.Clip is { } clip ? BaseFolder.WithImageEncoder(digest, ClipEncoder.ComputeDigest(clip)) : digest;
    }

    private static int? ClipWidth(RunConfiguration configuration)
    {
        if (configuration.Clip is null)
        {
            return null;
        }

        using var file = ClipFile.Open(configuration.Clip);
        return (int)ClipShape.Of(file).OutputWidth;
    }

    private delegate void TrainAction(IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyList<ITrainingTask> tasks);
}
