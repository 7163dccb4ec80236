namespace Herd.Engine.Training.Runs;

/// <summary>How far a run is.</summary>
/// <param name="Last">The step that was just made.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Loss">Loss, smoothed over about the last 20 steps.</param>
/// <param name="TokensPerSecond">Tokens a second since the run was started or resumed.</param>
/// <param name="Left">Time that the rest will take at this rate.</param>
public sealed record TrainingProgress(TrainingStep Last, long Steps, double Loss, double TokensPerSecond, TimeSpan Left);
