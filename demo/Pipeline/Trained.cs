using Herd.Engine.Training;
using static TorchSharp.torch;

namespace Herd.Demo.Pipeline;

/// <summary>What a stage trains, and all that goes with it when it is over.</summary>
/// <param name="plan">The plan.</param>
/// <param name="tensors">What can be trained.</param>
/// <param name="tasks">What is minimised.</param>
/// <param name="owned">What is disposed with it, in this order.</param>
internal sealed class Trained(TrainingPlan plan, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyList<ITrainingTask> tasks, params IDisposable[] owned) : IDisposable
{
    /// <summary>The plan.</summary>
    public TrainingPlan Plan => plan;

    /// <summary>What can be trained.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors => tensors;

    /// <summary>What is minimised.</summary>
    public IReadOnlyList<ITrainingTask> Tasks => tasks;

    /// <summary>One of the things it owns.</summary>
    public T The<T>() => owned.OfType<T>().First();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var part in owned)
        {
            part.Dispose();
        }
    }
}
