using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using Herd.Engine.Execution;
using Herd.Engine.Model;
using Herd.Engine.Training.Data;
using Herd.Engine.Vision;
using static TorchSharp.torch;

namespace Herd.Engine.Training.Model;

/// <summary>LLaMA with gradients: a frozen base under an adapter that is trained, or a base that is trained itself. The blocks are those that serve.</summary>
/// <remarks>Owns all it holds. One thread at a time.</remarks>
public sealed class TrainableModel : IDisposable
{
    private readonly LlamaConfig _config;
    private readonly StageWeights _weights;
    private readonly ScalarType _dtype;
    private readonly WeightStore? _frozen;
    private readonly TrainedBase? _base;
    private readonly TrainedAdapter? _adapter;
    private readonly ClipEncoder? _encoder;
    private readonly PictureFeatures? _features;
    private readonly RotaryTable _rotary;

    private TrainableModel(LlamaConfig config, TrainableModelOptions options, WeightStore? frozen, TrainedBase? trained, TrainedAdapter? adapter, ClipEncoder? encoder)
    {
        (_config, Options, _frozen, _base, _adapter, _encoder) = (config, options, frozen, trained, adapter, encoder);
        _dtype = options.Type;
        _weights = frozen?.Stages[0] ?? trained!.Weights;
        _features = encoder is null ? null : new PictureFeatures(encoder, options.FeatureCacheBytes);
        _rotary = new RotaryTable(options.MaxTokens, config.HeadWidth, config.RopeTheta, config.RopeScaling, Device);
        Tensors = (adapter?.Tensors ?? trained!.Tensors).ToDictionary(pair => pair.Key, pair => pair.Value);
    }

    /// <summary>The options it was made with.</summary>
    public TrainableModelOptions Options { get; }

    /// <summary>What can be trained, by name: Float32 leaves, borrowed. Which of them are is up to the trainer's groups.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors { get; }

    /// <summary>Side of the pictures it takes, in pixels; null where it takes none.</summary>
    public int? PictureSide => _encoder?.ImageSize;

    private Device Device => _weights.Plan.Device;

    /// <summary>An adapter over a frozen base.</summary>
    /// <param name="base">The base.</param>
    /// <param name="start">The adapter's first values; stays the caller's and is not changed.</param>
    /// <param name="encoderPath">The image encoder, as <see cref="ClipEncoder.Load"/> takes it; needed by an adapter that takes pictures.</param>
    /// <param name="options">Arithmetic and limits.</param>
    /// <returns>The model, owned by the caller.</returns>
    /// <exception cref="EngineException">A file is damaged, or the adapter needs an image encoder and none is given.</exception>
    public static TrainableModel OverBase(BaseFolder @base, AdapterPackage start, string? encoderPath, TrainableModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(@base);
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (start.TakesPictures && encoderPath is null)
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, "The adapter takes pictures: expected an image encoder, found none. Name one.");
        }

        using var scope = NewDisposeScope();
        using var file = @base.OpenWeights();
        var (frozen, encoder, adapter) = ((WeightStore?)null, (ClipEncoder?)null, (TrainedAdapter?)null);
        try
        {
            frozen = new WeightLoader(@base, EngineWeights.Stored, options.Type, [options.ParsedDevice]).Load(file, null, CancellationToken.None);
            encoder = start.TakesPictures ? ClipEncoder.Load(encoderPath!, ScalarType.Float32, options.ParsedDevice) : null;
            adapter = new TrainedAdapter(start, @base.Config, options.ParsedDevice);
            return new TrainableModel(@base.Config, options, frozen, null, adapter, encoder);
        }
        catch
        {
            adapter?.Dispose();
            encoder?.Dispose();
            frozen?.Dispose();
            throw;
        }
    }

    /// <summary>A base of random values, all of which can be trained.</summary>
    /// <param name="config">Its sizes.</param>
    /// <param name="seed">Decides the values.</param>
    /// <param name="options">Arithmetic and limits.</param>
    /// <returns>The model, owned by the caller.</returns>
    public static TrainableModel NewBase(LlamaConfig config, long seed, TrainableModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        using var scope = NewDisposeScope();
        return new TrainableModel(config, options, null, TrainedBase.Random(config, options.Type, options.ParsedDevice, seed), null, null);
    }

    /// <summary>A base from files, all of whose tensors can be trained.</summary>
    /// <param name="base">The files; not in 8 bits.</param>
    /// <param name="options">Arithmetic and limits.</param>
    /// <returns>The model, owned by the caller.</returns>
    /// <exception cref="CheckpointException">A tensor is missing, misshapen, damaged or unknown.</exception>
    public static TrainableModel FromBase(BaseFolder @base, TrainableModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(@base);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        using var scope = NewDisposeScope();
        return new TrainableModel(@base.Config, options, null, TrainedBase.Read(@base, options.Type, options.ParsedDevice), null, null);
    }

    /// <summary>Computes the loss of some examples and adds its gradients to those of the tensors that require them.</summary>
    /// <param name="examples">The examples, at least one.</param>
    /// <param name="scale">What the gradients are multiplied by: one over the number of such calls in a step.</param>
    /// <returns>The loss, not multiplied; 0 where nothing is to be predicted.</returns>
    /// <exception cref="DivergedException">The loss is not finite; the first tensor on the way that is not is named.</exception>
    public double Backward(IReadOnlyList<TrainingExample> examples, double scale)
    {
        ArgumentNullException.ThrowIfNull(examples);
        var whole = examples.Sum(example => example.PredictedWeight);
        double OfPart(IReadOnlyList<TrainingExample> part)
        {
            using var gradients = enable_grad();
            return LengthGroups.Of(part).Sum(group => BackwardOfGroup(group, whole, scale));
        }

        if (whole == 0)
        {
            return 0;
        }

        if (_base is null || Options.Threads == 1)
        {
            return OfPart(examples);
        }

        // Parts of rows as long as the others' take as long; libtorch adds gradients of several threads one after another.
        var parts = examples.OrderBy(example => example.Ids.Length).Select((example, index) => (example, index)).GroupBy(row => row.index % Options.Threads, row => row.example);
        return Task.WhenAll(parts.Select(part => Task.Run(() => OfPart([.. part])))).GetAwaiter().GetResult().Sum();
    }

    /// <summary>The loss of some examples, without gradients.</summary>
    /// <param name="examples">The examples, at least one.</param>
    /// <returns>The loss; 0 where nothing is to be predicted.</returns>
    public double Loss(IReadOnlyList<TrainingExample> examples)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var batch = BatchOf(examples);
        if (batch.TotalWeight == 0)
        {
            return 0;
        }

        var maps = Maps(batch);
        return LossOf(Forward(batch, maps, null), batch, maps).item<float>();
    }

    /// <summary>Logits behind every position, without gradients.</summary>
    /// <param name="example">The example.</param>
    /// <returns>[tokens, vocabulary], Float32; belongs to the caller's scope.</returns>
    internal Tensor Logits(TrainingExample example)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var batch = BatchOf([example]);
        var maps = Maps(batch);
        return LogitsOf(Forward(batch, maps, null), maps).MoveToOuterDisposeScope();
    }

    /// <summary>The adapter as it is now.</summary>
    /// <returns>A copy, owned by the caller.</returns>
    /// <exception cref="InvalidOperationException">A base is trained, no adapter.</exception>
    public AdapterPackage ToPackage() => (_adapter ?? throw new InvalidOperationException("A base is trained here; it has no adapter.")).ToPackage();

    /// <summary>Writes the base as it is now, in Hugging Face's form.</summary>
    /// <param name="folder">A folder; its files are replaced.</param>
    /// <param name="tokenizerPath">The tokenizer's file, which is copied there.</param>
    /// <param name="type">The type that the values are rounded to.</param>
    /// <exception cref="InvalidOperationException">An adapter is trained, no base.</exception>
    public void SaveBase(string folder, string tokenizerPath, EngineDtype type)
    {
        var trained = _base ?? throw new InvalidOperationException("An adapter is trained here; its base is frozen.");
        using var scope = NewDisposeScope();
        BaseWriter.Write(folder, _config, tokenizerPath, trained.InHuggingFacesForm(type == EngineDtype.Float32 ? ScalarType.Float32 : ScalarType.BFloat16));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _rotary.Dispose();
        _features?.Dispose();
        _adapter?.Dispose();
        _base?.Dispose();
        _encoder?.Dispose();
        _frozen?.Dispose();
    }

    /// <summary>Width of the residual stream.</summary>
    internal int Width => _config.Width;

    /// <summary>Number of blocks.</summary>
    internal int Layers => _config.Layers;

    /// <summary>What the layers' slots hold under pictures, with gradients, beside what those layers' attention reads of words under the bare base, without.</summary>
    /// <param name="examples">Pictures with words.</param>
    /// <returns>For each layer that takes pictures [B, A, width] and [B * T, width], Float32; they belong to the caller's scope.</returns>
    internal IReadOnlyList<(Tensor Slots, Tensor Words)> SlotsBesideWords(IReadOnlyList<TrainingExample> examples)
    {
        var batch = BatchOf(examples);
        var visual = VisualQuery(batch);
        var layers = _adapter!.Prompts().Where(layer => layer.Value.TakesPicture).OrderBy(layer => layer.Key).ToList();
        var read = WordsAtAttention(batch, layers[^1].Key);
        return [.. layers.Select(layer => (layer.Value.Slots(visual)!, read[layer.Key]))];
    }

    private List<Tensor> WordsAtAttention(TrainingBatch batch, int last)
    {
        using var frozen = no_grad();
        var (maps, hidden, turns) = (new BatchMaps(_config, _weights, _dtype, null, null, batch.Count), Embed(batch), Turns(batch));
        Tensor Read(int layer) => maps.AttentionNorm(hidden, layer).to(ScalarType.Float32);
        List<Tensor> read = [Read(0)];
        for (var layer = 1; layer <= last; layer++)
        {
            hidden = Block(hidden, layer - 1, turns, maps);
            read.Add(Read(layer));
        }

        return read;
    }

    /// <summary>Rotation of a batch's rows.</summary>
    internal Tensor Turns(TrainingBatch batch) => _rotary.At(batch.Positions);

    /// <summary>The residual stream in front of the first block, [rows, width], Float32.</summary>
    internal Tensor Embed(TrainingBatch batch) => _weights.Embedding!.index_select(0, batch.Ids).to(_dtype).to(ScalarType.Float32);

    /// <summary>One block, [rows, width] to [rows, width].</summary>
    internal Tensor Block(Tensor hidden, int layer, Tensor turns, BatchMaps maps, ILayerProbe? probe = null) =>
        LlamaBlock.Forward(hidden, layer, turns, maps, _config.HeadWidth, probe);

    /// <summary>The visual query of a batch's pictures, [B, A, width] with gradients; null where no picture plays a part.</summary>
    internal Tensor? VisualQuery(TrainingBatch batch) => _adapter?.Weights is { Visual: { } visual } weights && (batch.HasPictures || !weights.WaitsForPicture)
        ? visual.Query(_features!.Of(batch))
        : null;

    /// <summary>Norms, matrices and attention of a batch under a visual query.</summary>
    internal BatchMaps Maps(TrainingBatch batch, Tensor? visual) =>
        new(_config, _weights, _dtype, _adapter?.Weights, _adapter is null ? null : PromptsUnder(batch, visual), batch.Count);

    /// <summary>The loss behind the last block.</summary>
    internal Tensor LossOf(Tensor hidden, TrainingBatch batch, BatchMaps maps)
    {
        var logits = LogitsOf(hidden.index_select(0, batch.PredictingRows), maps); // [n, vocabulary]
        var losses = nn.functional.cross_entropy(logits, batch.Targets, reduction: nn.Reduction.None);
        using var share = TorchSharp.ScalarExtensionMethods.ToScalar(1 / batch.TotalWeight);
        return losses.mul(batch.TargetWeights).sum().mul(share);
    }

    private Tensor LogitsOf(Tensor rows, BatchMaps maps) => _weights.Output!.Product(maps.FinalNorm(rows)).to(ScalarType.Float32);

    private BatchMaps Maps(TrainingBatch batch) => Maps(batch, VisualQuery(batch));

    private BatchPrompts PromptsUnder(TrainingBatch batch, Tensor? visual)
    {
        var presence = _adapter!.Weights.WaitsForPicture && visual is not null && !batch.AllHavePictures ? batch.Presence() : null;
        return new BatchPrompts(_adapter.Prompts(), visual, presence);
    }

    private Tensor Forward(TrainingBatch batch, BatchMaps maps, ILayerProbe? probe)
    {
        var (hidden, turns) = (Embed(batch), Turns(batch));
        for (var layer = 0; layer < Layers; layer++)
        {
            hidden = Block(hidden, layer, turns, maps, probe);
        }

        return hidden;
    }

    private double BackwardOfGroup(IReadOnlyList<TrainingExample> group, double whole, double scale)
    {
        using var scope = NewDisposeScope();
        var batch = BatchOf(group);
        if (batch.TotalWeight == 0)
        {
            return 0;
        }

        var share = batch.TotalWeight / whole;
        var loss = Options.RecomputeActivations ? new LayerwiseBackward(this, scale * share).Run(batch) : WholeBackward(batch, scale * share);
        return double.IsFinite(loss) ? loss * share : throw Diverged(batch);
    }

    private double WholeBackward(TrainingBatch batch, double scale)
    {
        var maps = Maps(batch);
        var loss = LossOf(Forward(batch, maps, null), batch, maps);
        var value = loss.item<float>();
        if (float.IsFinite(value) && loss.requires_grad)
        {
            using var factor = TorchSharp.ScalarExtensionMethods.ToScalar(scale);
            loss.mul(factor).backward();
        }

        return value;
    }

    private TrainingBatch BatchOf(IReadOnlyList<TrainingExample> examples)
    {
        ArgumentNullException.ThrowIfNull(examples);
        var longest = examples.Max(example => example.Ids.Length);
        return longest <= Options.MaxTokens
            ? new TrainingBatch(examples, Device)
            : throw new EngineException(EngineErrorCode.InvalidRequest, $"A training example: expected at most {Options.MaxTokens} tokens, found {longest}. Cut the data or raise the limit.");
    }

    private DivergedException Diverged(TrainingBatch batch)
    {
        using var frozen = no_grad();
        var probe = new FiniteProbe();
        Forward(batch, Maps(batch), probe);
        return new DivergedException(probe.First ?? "the logits");
    }
}
