namespace Herd.Engine.Adapters.Formats;

/// <summary>The names in the released chat model: bias and scale of all seven matrices, norms, no prompts.</summary>
internal sealed class ChatNames : IAdapterNames
{
    public string? Query => null;

    public string FinalNorm => "norm.weight";

    public string? Gate(int layer) => null;

    public string Bias(int layer, TunedLinear linear) => $"layers.{layer}.{OfficialLayout.Part(linear)}.{linear.OfficialName()}_bias";

    public string Scale(int layer, TunedLinear linear) => $"layers.{layer}.{OfficialLayout.Part(linear)}.{linear.OfficialName()}_scale";

    public string AttentionNorm(int layer) => $"layers.{layer}.attention_norm.weight";

    public string FeedForwardNorm(int layer) => $"layers.{layer}.ffn_norm.weight";

    public long[] QueryShape(int layers, int length, int width) => throw new NotSupportedException("This layout holds no prompts.");

    public long[] GateShape(int heads) => throw new NotSupportedException("This layout holds no gates.");
}
