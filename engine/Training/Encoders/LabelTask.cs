using System.Collections.Immutable;
using Herd.Engine.Training.Parameters;
using static TorchSharp.torch;

namespace Herd.Engine.Training.Encoders;

/// <summary>Dense supervision: throw-away linear heads name what stands at each patch, so that an encoder's features learn to tell it.</summary>
/// <remarks>Contrastive training alone learns what a caption needs of a whole picture, and a small encoder stops there. Owns the heads.</remarks>
public sealed class LabelTask : ITrainingTask, IDisposable
{
    private readonly TrainableEncoder _encoder;
    private readonly ILabelledPictureSource _pictures;
    private readonly int _batch;
    private readonly List<Tensor> _heads = [];

    /// <summary>Makes the heads.</summary>
    /// <param name="source">The source's name.</param>
    /// <param name="encoder">The encoder, borrowed.</param>
    /// <param name="classes">Number of classes of each attribute.</param>
    /// <param name="pictures">The pictures, borrowed; a label for each patch.</param>
    /// <param name="batch">Pictures of a batch.</param>
    /// <param name="seed">Decides the heads' first values.</param>
    public LabelTask(string source, TrainableEncoder encoder, ImmutableArray<int> classes, ILabelledPictureSource pictures, int batch, long seed)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        using var scope = NewDisposeScope();
        (Source, _encoder, _pictures, _batch) = (source, encoder, pictures, batch);
        var width = encoder.OutputWidth;
        for (var attribute = 0; attribute < classes.Length; attribute++)
        {
            _heads.Add(RandomValues.Linear($"{source}.head.{attribute}", seed, [classes[attribute], width], width).DetachFromDisposeScope());
        }

        Heads = Enumerable.Range(0, _heads.Count).ToDictionary(attribute => $"heads.{source}.{attribute}", attribute => _heads[attribute]);
    }

    /// <inheritdoc/>
    public string Source { get; }

    /// <summary>The heads, to be trained along; borrowed.</summary>
    public IReadOnlyDictionary<string, Tensor> Heads { get; }

    /// <inheritdoc/>
    public string Position
    {
        get => SourcePosition.Write(_pictures.Position);
        set => _pictures.Position = SourcePosition.Read(value);
    }

    /// <inheritdoc/>
    public BatchLoss Backward(double scale)
    {
        using var scope = NewDisposeScope();
        using var gradients = enable_grad();
        var drawn = Enumerable.Range(0, _batch).Select(_ => _pictures.Next()).ToList();
        var features = _encoder.Forward([.. drawn.Select(picture => picture.Picture)]).narrow(1, 1, _encoder.PatchCount); // [B, patches, width]
        var rows = features.reshape(-1, features.shape[2]);
        var losses = _heads.Select((head, attribute) =>
        {
            var labels = tensor(drawn.SelectMany(picture => picture.Labels[attribute]).Select(label => (long)label).ToArray());
            return nn.functional.cross_entropy(nn.functional.linear(rows, head), labels, ignore_index: -1);
        });
        var loss = stack([.. losses]).mean();
        return new BatchLoss(FiniteLoss.Backward(loss, scale, "the features of pictures"), _batch, rows.shape[0]);
    }

    /// <inheritdoc/>
    public void Dispose() => _heads.ForEach(head => head.Dispose());
}
