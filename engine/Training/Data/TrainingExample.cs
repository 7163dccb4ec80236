namespace Herd.Engine.Training.Data;

/// <summary>One row of training data as the model takes it.</summary>
/// <remarks>The loss of a batch is <c>sum(w * -log p) / sum(w)</c> over its predicted tokens.</remarks>
/// <param name="Ids">Token ids, BOS first.</param>
/// <param name="Weights">As many: what predicting each of them counts in the loss. 0 for BOS, and for a prompt of which only the answer is learned.</param>
/// <param name="Picture">The picture; null for a row of text alone.</param>
public sealed record TrainingExample(int[] Ids, float[] Weights, TrainingPicture? Picture)
{
    /// <summary>The weight of all that is predicted.</summary>
    internal double PredictedWeight => Weights.Skip(1).Where(weight => weight > 0).Sum(weight => (double)weight);
}
