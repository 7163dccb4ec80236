using Herd.Engine.Training.Data;
using Herd.Engine.Training.Model;
using static TorchSharp.torch;

namespace Herd.Engine.Training.Encoders;

/// <summary>Slots of pictures come near to what the frozen base's attention reads of words that say the same, layer by layer.</summary>
/// <remarks>
/// <c>loss = mean over layers, slots and features of (s - n(x))^2</c>, with s a layer's slot under the picture, x the residual stream at the slot's word in front of that layer and n the
/// layer's norm; 0 stands for nothing. So the base finds in a picture what it finds in a text before any answer is learned.
/// </remarks>
/// <param name="source">The source's name.</param>
/// <param name="model">The model, borrowed; its adapter takes pictures.</param>
/// <param name="pictures">The pictures with their words, borrowed; as many words as slots.</param>
/// <param name="batch">Pictures of a batch, at least 1.</param>
public sealed class WordsTask(string source, TrainableModel model, IWordedPictureSource pictures, int batch) : ITrainingTask
{
    /// <inheritdoc/>
    public string Source => source;

    /// <inheritdoc/>
    public string Position
    {
        get => SourcePosition.Write(pictures.Position);
        set => pictures.Position = SourcePosition.Read(value);
    }

    /// <inheritdoc/>
    public BatchLoss Backward(double scale)
    {
        using var scope = NewDisposeScope();
        using var gradients = enable_grad();
        var drawn = Enumerable.Range(0, batch).Select(_ => pictures.Next()).ToList();
        var examples = drawn.Select(picture => new TrainingExample(picture.Ids, new float[picture.Ids.Length], picture.Picture)).ToList();
        var length = examples.Max(example => example.Ids.Length);
        long[] rows = [.. drawn.SelectMany((picture, index) => picture.Slots.Select(token => token < 0 ? -1L : (index * length) + token))];
        var something = tensor(rows.Select(row => row < 0 ? 0f : 1f).ToArray(), [batch, drawn[0].Slots.Length, 1]);
        var places = tensor(rows.Select(row => Math.Max(0, row)).ToArray());

        var losses = model.SlotsBesideWords(examples).Select(layer =>
            nn.functional.mse_loss(layer.Slots, layer.Words.index_select(0, places).view(batch, -1, model.Width).mul(something)));
        var loss = stack([.. losses]).mean();
        return new BatchLoss(FiniteLoss.Backward(loss, scale, "the slots of pictures"), batch, rows.Length);
    }
}
