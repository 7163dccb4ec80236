using Herd.Demo.Pictures;
using Herd.Demo.Randomness;
using Herd.Engine.Tokenization;
using Herd.Engine.Training.Data;

namespace Herd.Demo.Pipeline;

/// <summary>Pictures with the tokens of their captions, for contrastive training.</summary>
internal sealed class CaptionedPictures(long seed, WorldPictures pictures, LlamaTokenizer tokenizer) : IExampleSource
{
    /// <inheritdoc/>
    public ExamplePosition Position { get; set; }

    /// <inheritdoc/>
    public TrainingExample Next()
    {
        var random = new WorldRandom(seed, "captions", Position.Row);
        Position = Position with { Row = Position.Row + 1 };
        var picture = pictures[random.Below(pictures.Count)];
        var ids = tokenizer.EncodeContinuation(" " + picture.Scene.Caption);
        return new TrainingExample(ids, new float[ids.Length], picture.ToTraining());
    }
}
