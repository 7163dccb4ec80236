namespace Herd.Engine.Training;

/// <summary>What a step came to.</summary>
/// <param name="Step">Its number, from 0.</param>
/// <param name="Source">The source of its batches.</param>
/// <param name="Loss">Mean loss of its batches, before the step.</param>
/// <param name="Gradient">Length of its gradient, before it was shortened.</param>
/// <param name="Rate">Its learning rate.</param>
/// <param name="Examples">Examples in its batches.</param>
/// <param name="Tokens">Tokens in its batches, without padding.</param>
public sealed record TrainingStep(long Step, string Source, double Loss, double Gradient, double Rate, int Examples, long Tokens);
