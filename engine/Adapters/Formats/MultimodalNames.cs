namespace Herd.Engine.Adapters.Formats;

/// <summary>The names in the released visual models (BIAS, CAPTION, LORA). They tune no scale, and no bias of keys and values.</summary>
/// <param name="prefix">What stands in front of LLaMA's parts: <c>llama.</c>, in some older files <c>llma.</c>.</param>
internal sealed class MultimodalNames(string prefix) : IAdapterNames
{
    internal const string Prefix = "llama.";
    internal const string OldPrefix = "llma.";

    public string Query => OfficialLayout.Query;

    public string FinalNorm => prefix + "norm.weight";

    public string Gate(int layer) => $"{prefix}layers.{layer}.attention.gate";

    public string NewGate(int layer) => $"{prefix}layers.{layer}.attention.new_gate";

    public string? Bias(int layer, TunedLinear linear) => linear is TunedLinear.Key or TunedLinear.Value
        ? null
        : $"{prefix}layers.{layer}.{OfficialLayout.Part(linear)}.{linear.OfficialName()}.bias";

    public string LoraIn(int layer, TunedLinear linear) => Lora(layer, linear, 1);

    public string LoraOut(int layer, TunedLinear linear) => Lora(layer, linear, 2);

    public string AttentionNorm(int layer) => $"{prefix}layers.{layer}.attention_norm.weight";

    public string FeedForwardNorm(int layer) => $"{prefix}layers.{layer}.ffn_norm.weight";

    private string Lora(int layer, TunedLinear linear, int matrix) =>
        $"{prefix}layers.{layer}.{OfficialLayout.Part(linear)}.lora_{linear.OfficialName()}_l{matrix}.weight";
}
