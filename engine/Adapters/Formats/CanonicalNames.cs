namespace Herd.Engine.Adapters.Formats;

/// <summary>The names in Herd's own components.</summary>
internal sealed class CanonicalNames : IAdapterNames
{
    private static readonly string[] Linears = ["query", "key", "value", "output", "gate", "down", "up"];

    internal static CanonicalNames Instance { get; } = new();

    public string Query => "prompts.query";

    public string FinalNorm => "norm";

    public long[] NewGateShape => [1];

    public string Gate(int layer) => $"prompts.gate.{layer}";

    public string NewGate(int layer) => $"prompts.new_gate.{layer}";

    public string VisualGate(int layer) => $"prompts.visual_gate.{layer}";

    public string Bias(int layer, TunedLinear linear) => $"layers.{layer}.{Linears[(int)linear]}.bias";

    public string Scale(int layer, TunedLinear linear) => $"layers.{layer}.{Linears[(int)linear]}.scale";

    public string LoraIn(int layer, TunedLinear linear) => $"layers.{layer}.{Linears[(int)linear]}.lora_in";

    public string LoraOut(int layer, TunedLinear linear) => $"layers.{layer}.{Linears[(int)linear]}.lora_out";

    public string AttentionNorm(int layer) => $"layers.{layer}.attention_norm";

    public string FeedForwardNorm(int layer) => $"layers.{layer}.feed_forward_norm";

    public long[] QueryShape(int layers, int length, int width) => [layers, length, width];

    public long[] GateShape(int heads) => [heads];
}
