using Herd.Demo.Pictures;
using Herd.Demo.Rows;
using Herd.Demo.Words;
using Herd.Engine.Bases;
using Herd.Engine.Execution;
using Herd.Engine.Tokenization;
using Herd.Engine.Tokenization.Training;
using Herd.Engine.Training;
using Herd.Engine.Training.Encoders;
using Herd.Engine.Training.Model;
using Herd.Engine.Training.Optimization;

namespace Herd.Demo.Pipeline;

/// <summary>What all adapters stand on: tokenizer, base, image encoder.</summary>
/// <param name="folder">The demo's folder.</param>
/// <param name="pictures">The pictures that are trained on.</param>
/// <param name="seed">The run's seed.</param>
internal sealed class FoundationStages(DemoFolder folder, WorldPictures pictures, long seed)
{
    /// <summary>Optimiser constants of all stages: short runs forget squares of early gradients more slowly than the official ones.</summary>
    public static readonly AdamWSettings AdamW = new(0.9, 0.98);

    private const int Batch = 32;
    private const long WarmUp = 60;

    private static readonly EncoderBlueprint Encoder = new(WorldPicture.Side, Patch: 8, Width: 128, Layers: 3, OutputWidth: 128);

    /// <summary>Learns the tokenizer, where it is not there yet.</summary>
    public void MakeTokenizer()
    {
        if (!File.Exists(folder.Tokenizer))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder.Tokenizer)!);
            File.WriteAllBytes(folder.Tokenizer, SentencePieceTrainer.Train(WorldWords.TokenizerTexts, WorldWords.TokenizerSize, WorldWords.Required));
        }
    }

    /// <summary>Opens the base for training.</summary>
    /// <param name="steps">Steps there will be.</param>
    public Trained OpenBase(long steps)
    {
        var tokenizer = LlamaTokenizer.Load(folder.Tokenizer);
        var config = new LlamaConfig
        {
            Width = 128, Layers = 6, Heads = 4, KvHeads = 4, FeedForwardWidth = 352, Vocabulary = tokenizer.VocabularySize, NormEpsilon = 1e-5f, RopeTheta = 10_000, ContextTokens = 512,
        };
        var model = TrainableModel.NewBase(config, seed, new TrainableModelOptions { Dtype = EngineDtypes.FastestHere, Threads = 2 });
        var texts = WorldExamples.Base(seed, new RowEncoder(tokenizer), new BaseCorpusOptions { CurriculumRows = steps * Batch / 10 });
        var plan = new TrainingPlan
        {
            Groups = [.. TrainingPresets.Get("full").Groups.Select(group => group with { WeightDecay = 0.02 })],
            Schedule = new LearningRateSchedule(1.6e-3, steps, Math.Min(WarmUp, steps), Minimum: 3e-5),
            MaxGradient = 1,
            AdamW = AdamW,
        };
        return new Trained(plan, model.Tensors, [new LanguageTask("texts", model, texts, Batch)], model);
    }

    /// <summary>Rounds the base as it is served and writes it.</summary>
    public void SaveBase(Trained trained) => trained.The<TrainableModel>().SaveBase(folder.Base, folder.Tokenizer, EngineDtype.BFloat16);

    /// <summary>Opens the image encoder for training.</summary>
    /// <param name="steps">Steps there will be.</param>
    public Trained OpenEncoder(long steps)
    {
        var encoder = TrainableEncoder.New(Encoder, seed);
        var labels = new LabelTask("labels", encoder, WorldLabels.Classes, new WorldLabels(seed, pictures, WorldPicture.Side / Encoder.Patch), batch: 64, seed);
        var tokenizer = LlamaTokenizer.Load(folder.Tokenizer);
        var contrast = new ContrastiveTask("captions", encoder, new CaptionedPictures(seed, pictures, tokenizer), batch: 64, tokenizer.VocabularySize, maxTokens: 24, seed);
        var plan = new TrainingPlan
        {
            Groups = TrainingPresets.Get("clip").Groups, Schedule = new LearningRateSchedule(1.2e-3, steps, Math.Min(WarmUp, steps), Minimum: 2e-5), MaxGradient = 1, AdamW = AdamW,
        };
        return new Trained(plan, encoder.Tensors.Concat(labels.Heads).Concat(contrast.Heads).ToDictionary(), [labels, contrast], labels, contrast, encoder);
    }

    /// <summary>Writes the encoder.</summary>
    public void SaveEncoder(Trained trained) => trained.The<TrainableEncoder>().Save(folder.Encoder, EngineDtype.BFloat16);
}
