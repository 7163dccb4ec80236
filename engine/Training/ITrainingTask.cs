namespace Herd.Engine.Training;

/// <summary>What a trainer minimises on one source of data: it draws batches and adds their gradients.</summary>
/// <remarks>Everything random about it follows from its position, so that a run that goes on after a stop is the run that never stopped.</remarks>
public interface ITrainingTask
{
    /// <summary>The source's name, by which groups of parameters say what moves them.</summary>
    string Source { get; }

    /// <summary>Where its next batch comes from, as text; set to an earlier value it draws the same batches again, also in another process.</summary>
    string Position { get; set; }

    /// <summary>Draws a batch and adds its gradients to those of the tensors that require them.</summary>
    /// <param name="scale">What the gradients are multiplied by.</param>
    /// <returns>The batch's loss and size.</returns>
    /// <exception cref="DivergedException">The loss is not finite.</exception>
    BatchLoss Backward(double scale);
}

/// <summary>What a batch came to.</summary>
/// <param name="Loss">Its loss.</param>
/// <param name="Examples">Number of its examples.</param>
/// <param name="Tokens">Number of its tokens, without padding.</param>
public readonly record struct BatchLoss(double Loss, int Examples, long Tokens);
