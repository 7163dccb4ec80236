namespace Herd.Faults.Histories;

/// <summary>What the undisturbed cluster answers.</summary>
/// <param name="Ids">The tokens.</param>
/// <param name="Text">The text.</param>
internal sealed record Answer(IReadOnlyList<int> Ids, string Text);
