namespace Herd.Engine.Adapters.Formats;

/// <summary>The names in adapters with the paper's early fusion: gates of visual slots, prompts layer by layer, the rest as in the chat model.</summary>
internal sealed class EarlyNames : ChatNames, IAdapterNames
{
    internal const string VisualGatePart = ".visual_gate";

    public override string? Query => null;

    public string? LayerQuery(int layer) => $"layers.{layer}.attention.prompt";

    public override string? Gate(int layer) => $"layers.{layer}.attention.prompt_gate";

    public string? VisualGate(int layer) => $"layers.{layer}.attention{VisualGatePart}";
}
