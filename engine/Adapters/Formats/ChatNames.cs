namespace Herd.Engine.Adapters.Formats;

/// <summary>The names in the released chat model: bias and scale of all seven matrices, norms, and prompts where there are any.</summary>
internal class ChatNames : IAdapterNames
{
    public virtual string? Query => OfficialLayout.Query;

    public string FinalNorm => "norm.weight";

    public virtual string? Gate(int layer) => $"layers.{layer}.attention.gate";

    public string Bias(int layer, TunedLinear linear) => $"layers.{layer}.{OfficialLayout.Part(linear)}.{linear.OfficialName()}_bias";

    public string Scale(int layer, TunedLinear linear) => $"layers.{layer}.{OfficialLayout.Part(linear)}.{linear.OfficialName()}_scale";

    public string AttentionNorm(int layer) => $"layers.{layer}.attention_norm.weight";

    public string FeedForwardNorm(int layer) => $"layers.{layer}.ffn_norm.weight";
}
