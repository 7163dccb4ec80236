using System.Collections.Immutable;
using Herd.Engine.Training.Parameters;

namespace Herd.Engine.Training;

/// <summary>What a paper or program trains, and how long and fast it does.</summary>
/// <param name="Groups">What trains.</param>
/// <param name="Rate">Highest learning rate, for 32 examples a step.</param>
/// <param name="Passes">Passes over the data.</param>
/// <param name="WarmUp">Share of the steps in which the rate rises.</param>
/// <param name="MaxTokens">Most tokens of an example.</param>
public sealed record TrainingPreset(ImmutableArray<ParameterGroup> Groups, double Rate, double Passes, double WarmUp, int MaxTokens = 512);
