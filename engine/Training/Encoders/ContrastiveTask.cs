using Herd.Engine.Training.Data;
using Herd.Engine.Training.Parameters;
using TorchSharp;
using static TorchSharp.torch;

namespace Herd.Engine.Training.Encoders;

/// <summary>Contrastive training: a picture's class token and its caption come near to one another, and far from all others of the batch.</summary>
/// <remarks>
/// <c>loss = (CE(s a b^T) + CE(s b a^T)) / 2</c> for unit vectors a of pictures and b of captions; equal captions count as equally right. Source: CLIP,
/// arXiv:2103.00020. The text side, mean and projection of word vectors by position, is thrown away afterwards; it is owned here.
/// </remarks>
public sealed class ContrastiveTask : ITrainingTask, IDisposable
{
    private const double Deviation = 0.1;
    private const float FirstScale = 2.66f; // CLIP's: the logarithm of 1 / 0.07

    private readonly TrainableEncoder _encoder;
    private readonly IExampleSource _pairs;
    private readonly int _batch;
    private readonly Tensor _words;
    private readonly Tensor _places;
    private readonly Tensor _scale;

    /// <summary>Makes the text side.</summary>
    /// <param name="source">The source's name.</param>
    /// <param name="encoder">The encoder, borrowed.</param>
    /// <param name="pairs">Pictures with the tokens of their captions, borrowed.</param>
    /// <param name="batch">Pairs of a batch, at least 2.</param>
    /// <param name="vocabulary">Number of token ids.</param>
    /// <param name="maxTokens">Most tokens of a caption; what is longer is cut.</param>
    /// <param name="seed">Decides the text side's first values.</param>
    public ContrastiveTask(string source, TrainableEncoder encoder, IExampleSource pairs, int batch, int vocabulary, int maxTokens, long seed)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        using var scope = NewDisposeScope();
        (Source, _encoder, _pairs, _batch) = (source, encoder, pairs, batch);
        _words = RandomValues.Normal("words", seed, [vocabulary, encoder.OutputWidth], Deviation).DetachFromDisposeScope();
        _places = ones(maxTokens, encoder.OutputWidth).DetachFromDisposeScope();
        _scale = tensor(new[] { FirstScale }).DetachFromDisposeScope();
        Heads = new Dictionary<string, Tensor> { [$"heads.{source}.words"] = _words, [$"heads.{source}.places"] = _places, [$"heads.{source}.scale"] = _scale };
    }

    /// <inheritdoc/>
    public string Source { get; }

    /// <summary>The text side, to be trained along; borrowed.</summary>
    public IReadOnlyDictionary<string, Tensor> Heads { get; }

    /// <inheritdoc/>
    public string Position
    {
        get => SourcePosition.Write(_pairs.Position);
        set => _pairs.Position = SourcePosition.Read(value);
    }

    /// <inheritdoc/>
    public BatchLoss Backward(double scale)
    {
        using var scope = NewDisposeScope();
        using var gradients = enable_grad();
        var drawn = Enumerable.Range(0, _batch).Select(_ => _pairs.Next()).Where(pair => pair.Picture is not null).ToList();
        if (drawn.Count < 2)
        {
            return new BatchLoss(0, 0, 0);
        }

        var pictures = Unit(_encoder.Forward([.. drawn.Select(pair => pair.Picture!)]).select(1, 0)); // [B, width]
        var captions = Unit(stack([.. drawn.Select(Caption)]));
        var logits = pictures.matmul(captions.t()).mul(_scale.exp()); // [B, B]
        var right = tensor(drawn.SelectMany(row => drawn.Select(column => row.Ids.AsSpan().SequenceEqual(column.Ids) ? 1f : 0f)).ToArray(), [drawn.Count, drawn.Count]);
        var targets = right.div(right.sum(1, keepdim: true));
        using var half = 0.5.ToScalar();
        var loss = stack([Loss(logits, targets), Loss(logits.t(), targets)]).sum().mul(half);
        return new BatchLoss(FiniteLoss.Backward(loss, scale, "the features of pictures or captions"), drawn.Count, drawn.Sum(pair => (long)pair.Ids.Length));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _words.Dispose();
        _places.Dispose();
        _scale.Dispose();
    }

    private static Tensor Loss(Tensor logits, Tensor targets) => nn.functional.log_softmax(logits, 1).mul(targets).sum(1).mean().neg();

    private static Tensor Unit(Tensor rows) => nn.functional.normalize(rows, dim: -1);

    private Tensor Caption(TrainingExample pair)
    {
        var ids = pair.Ids.Take((int)_places.shape[0]).Select(id => (long)id).ToArray();
        return _words.index_select(0, tensor(ids)).mul(_places.narrow(0, 0, ids.Length)).mean([0]);
    }
}
