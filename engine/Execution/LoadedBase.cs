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
    private readonly List<IDisposable> _owned = [];

    private LoadedBase(BaseDescription description, WeightStore weights, LlamaTokenizer tokenizer, ClipEncoder? encoder, int contextTokens)
    {
        (Description, Weights, Tokenizer, Encoder, ContextTokens) = (description, weights, tokenizer, encoder, contextTokens);
    }

    public BaseDescription Description { get; }

    public WeightStore Weights { get; }

    public LlamaTokenizer Tokenizer { get; }

    public ClipEncoder? Encoder { get; }

    /// <summary>Most tokens of one sequence: what was asked for, as far as the cache holds it.</summary>
    public int ContextTokens { get; }

    public static async Task<LoadedBase> LoadAsync(EngineOptions options, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        var device = DeviceOf(options.Device);
        var dtype = options.Dtype == EngineDtype.Float32 ? ScalarType.Float32 : ScalarType.BFloat16;
        var folder = BaseFolder.Open(options.BaseFolder, options.TokenizerFile);
        var tokenizer = LlamaTokenizer.Load(folder.TokenizerPath);
        progress?.Report(new LoadProgress("digest", 0));
        var digest = await folder.ComputeDigestAsync(options.DigestCache is { } cache ? new FileDigestCache(cache) : null, cancellationToken).ConfigureAwait(false);

        ClipEncoder? encoder = null;
        WeightStore? weights = null;
        try
        {
            if (options.ClipPath is { } clip)
            {
                progress?.Report(new LoadProgress("image encoder", 0));
                encoder = ClipEncoder.Load(clip, ScalarType.Float32, device);
                digest = BaseFolder.WithImageEncoder(digest, encoder.Digest);
            }

            using var file = folder.OpenWeights();
            var layers = progress is null ? null : new WeightProgress(progress);
            weights = new WeightLoader(folder, options.Weights, dtype, device).Load(file, layers, cancellationToken);
        }
        catch
        {
            weights?.Dispose();
            encoder?.Dispose();
            throw;
        }

        var context = Math.Min(options.MaxSequenceTokens, options.KvCacheTokens / BlockAllocator.BlockTokens * BlockAllocator.BlockTokens);
        return new LoadedBase(new BaseDescription(digest, folder.Config, weights.Parameters), weights, tokenizer, encoder, context);
    }

    /// <summary>Makes what the device loop works with; this object owns it.</summary>
    public DeviceParts MakeParts(EngineOptions options, AdapterRegistry registry)
    {
        var config = Description.Config;
        var blocks = new BlockLedger(options.KvCacheTokens / BlockAllocator.BlockTokens, options.ReusePrompts);
        var pool = Own(new KvPool(config.Layers, blocks.Total, config.KvHeads, config.HeadWidth, Weights.Dtype, Weights.Device));
        var bank = Own(new AdapterBank(config, Weights, options.AdapterSlots));
        var rotary = Own(new RotaryTable(ContextTokens, config.HeadWidth, config.RopeTheta, config.RopeScaling, Weights.Device));
        var model = new LlamaModel(config, Weights, bank, rotary, pool);
        var slots = new SlotTable(options.AdapterSlots, (version, slot) => Fill(bank, registry, version, slot));
        return new DeviceParts(
            new Scheduler(new SchedulerLimits(options.MaxRunningSequences, options.MaxStepTokens), blocks, slots),
            blocks,
            new StepRunner(model, Weights, Tokenizer.VocabularySize),
            new PromptBuilder(model, Encoder),
            new PromptCache(options.PromptCacheBytes));
    }

    public void Dispose()
    {
        foreach (var owned in _owned)
        {
            owned.Dispose();
        }

        Encoder?.Dispose();
        Weights.Dispose();
    }

    private static void Fill(AdapterBank bank, AdapterRegistry registry, string version, int slot)
    {
        using var lease = registry.TryLease(version) ?? throw new InvalidOperationException($"The adapter version {version} is scheduled but not held.");
        bank.Fill(lease.Weights, slot);
    }

    private static Device DeviceOf(string name)
    {
        // Several CPU devices are sets of cores over one memory; libtorch knows only one.
        var isCpu = name == "cpu" || name.StartsWith("cpu:", StringComparison.Ordinal);
        if (!isCpu && !(name.StartsWith("cuda", StringComparison.Ordinal) && cuda.is_available()))
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, $"The device '{name}' is not there: expected cpu, cpu:N, or cuda:N on a machine with CUDA and a build for it (-p:TorchBackend=cuda).");
        }

        return isCpu ? CPU : device(name);
    }

    private T Own<T>(T part)
        where T : IDisposable
    {
        _owned.Add(part);
        return part;
    }

    private sealed class WeightProgress(IProgress<LoadProgress> progress) : IProgress<double>
    {
        public void Report(double value) => progress.Report(new LoadProgress("weights", value));
    }
}
