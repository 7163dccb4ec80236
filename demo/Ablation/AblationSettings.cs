namespace Herd.Demo.Ablation;

/// <summary>What all runs of an ablation have in common. Results of other settings cannot be compared with them.</summary>
/// <param name="Model">Digest of base and image encoder.</param>
/// <param name="Steps">Steps of a run.</param>
/// <param name="SlotSteps">Steps of the slots before them.</param>
/// <param name="Pictures">Test pictures.</param>
/// <param name="InstructionsPerKind">Most test instructions of a kind.</param>
public sealed record AblationSettings(string Model, long Steps, long SlotSteps, int Pictures, int InstructionsPerKind);
