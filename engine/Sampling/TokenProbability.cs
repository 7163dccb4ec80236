namespace Herd.Engine.Sampling;

/// <summary>A token and how likely the model found it, before anything that steers the choice.</summary>
/// <param name="TokenId">The token's id.</param>
/// <param name="LogProbability">Natural logarithm of its probability.</param>
public readonly record struct TokenProbability(int TokenId, float LogProbability);
