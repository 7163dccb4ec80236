namespace Herd.Engine.Adapters.Formats;

/// <summary>What a file's tensors do not tell about its prompts.</summary>
/// <param name="Length">Prompt slots of a layer; null where the file's shape tells them.</param>
/// <param name="Gate">What turns a stored gate into a factor.</param>
/// <param name="KeyValues">What projects the prompts.</param>
internal sealed record PromptForm(int? Length, GateForm Gate, PromptProjection KeyValues);
