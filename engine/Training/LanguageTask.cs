using Herd.Engine.Training.Data;
using Herd.Engine.Training.Model;

namespace Herd.Engine.Training;

/// <summary>Predicting the next token of a source's examples.</summary>
/// <param name="source">The source's name.</param>
/// <param name="model">The model, borrowed.</param>
/// <param name="examples">The examples, borrowed.</param>
/// <param name="batch">Examples of a batch, at least 1.</param>
public sealed class LanguageTask(string source, TrainableModel model, IExampleSource examples, int batch) : ITrainingTask
{
    /// <inheritdoc/>
    public string Source => source;

    /// <inheritdoc/>
    public string Position
    {
        get => SourcePosition.Write(examples.Position);
        set => examples.Position = SourcePosition.Read(value);
    }

    /// <inheritdoc/>
    public BatchLoss Backward(double scale)
    {
        var drawn = new TrainingExample[batch];
        for (var index = 0; index < batch; index++)
        {
            drawn[index] = examples.Next();
        }

        return new BatchLoss(model.Backward(drawn, scale), batch, drawn.Sum(example => (long)example.Ids.Length));
    }
}
