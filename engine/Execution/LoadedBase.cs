using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.KvCache;
using Herd.Engine.Model;
using Herd.Engine.Scheduling;
using Herd.Engine.Tokenization;
using Herd.Engine.Vision;
using static TorchSharp.torch;

namespace Herd.Engine.Execution;

/// <summary>A base read into memory: weights, tokenizer, image encoder, and the tables and caches of its device. Owner of all of them.</summary>
internal sealed class LoadedBase : IDisposable
{
    private LlamaModel? _model;

    private LoadedBase(BaseDescription description, WeightStore weights, LlamaTokenizer tokenizer, ClipEncoder? encoder)
    {
        (Description, Weights, Tokenizer, Encoder) = (description, weights, tokenizer, encoder);
    }

    public BaseDescription Description { get; }

    public WeightStore Weights { get; }

    public LlamaTokenizer Tokenizer { get; }

    /// <summary>The ids that end an answer.</summary>
    public required IReadOnlySet<int> EndIds { get; init; }

    public ClipEncoder? Encoder { get; }

    /// <summary>Most tokens of one sequence: what was asked for, as far as the cache holds it.</summary>
    public required int ContextTokens { get; init; }

    public static async Task<LoadedBase> LoadAsync(EngineOptions options, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        var devices = DeviceNames.Parse(options.Device);
        var dtype = options.Dtype == EngineDtype.Float32 ? ScalarType.Float32 : ScalarType.BFloat16;
        var folder = BaseFolder.Open(options.BaseFolder, options.TokenizerFile);
        progress?.Report(new LoadProgress("digest", 0));
        var digest = await folder.ComputeDigestAsync(options.DigestCache is { } cache ? new FileDigestCache(cache) : null, cancellationToken).ConfigureAwait(false);

        ClipEncoder? encoder = null;
        WeightStore? weights = null;
        try
        {
            if (options.ClipPath is { } clip)
            {
                progress?.Report(new LoadProgress("image encoder", 0));
                encoder = ClipEncoder.Load(clip, ScalarType.Float32, devices[0]);
                digest = BaseFolder.WithImageEncoder(digest, encoder.Digest);
            }

            if (devices.Count > folder.Config.Layers)
            {
                throw new EngineException(EngineErrorCode.InvalidRequest, $"The device '{options.Device}' is {devices.Count} devices, expected at most one for each of the base's {folder.Config.Layers} layers. Name fewer.");
            }

            using var file = folder.OpenWeights();
            var layers = progress is null ? null : new WeightProgress(progress);
            weights = new WeightLoader(folder, options.Weights, dtype, devices).Load(file, layers, cancellationToken);
        }
        catch
        {
            weights?.Dispose();
            encoder?.Dispose();
            throw;
        }

        var context = Math.Min(options.MaxSequenceTokens, options.KvCacheTokens / BlockAllocator.BlockTokens * BlockAllocator.BlockTokens);
        return new LoadedBase(new BaseDescription(digest, folder.Config, weights.Parameters), weights, folder.Tokenizer, encoder) { EndIds = folder.EndIds, ContextTokens = context };
    }

    /// <summary>Makes what the device loop works with; this object owns it.</summary>
    public DeviceParts MakeParts(EngineOptions options, AdapterRegistry registry)
    {
        var blocks = new BlockLedger(options.KvCacheTokens / BlockAllocator.BlockTokens, options.ReusePrompts);
        var model = new LlamaModel(Description.Config, Weights, new ModelRoom(options.AdapterSlots, blocks.Total, ContextTokens));
        _model = model;
        var slots = new SlotTable(options.AdapterSlots, (version, slot) => Fill(model, registry, version, slot));
        return new DeviceParts(
            new Scheduler(new SchedulerLimits(options.MaxRunningSequences, options.MaxStepTokens), blocks, slots),
            blocks,
            new StepRunner(model, Tokenizer.VocabularySize),
            new PromptBuilder(model, Encoder),
            new PromptCache(options.PromptCacheBytes));
    }

    public void Dispose()
    {
        _model?.Dispose();
        Encoder?.Dispose();
        Weights.Dispose();
    }

    private static void Fill(LlamaModel model, AdapterRegistry registry, string version, int slot)
    {
        using var lease = registry.TryLease(version) ?? throw new InvalidOperationException($"The adapter version {version} is scheduled but not held.");
        model.Fill(lease.Weights, slot);
    }

    private sealed class WeightProgress(IProgress<LoadProgress> progress) : IProgress<double>
    {
        public void Report(double value) => progress.Report(new LoadProgress("weights", value));
    }
}
