namespace Herd.Engine.Adapters.Formats;

/// <summary>The names in the released visual models (BIAS, CAPTION). They tune no scale, and no bias of keys and values.</summary>
/// <param name="prefix">What stands in front of LLaMA's parts: <c>llama.</c>, in some older files <c>llma.</c>.</param>
internal sealed class MultimodalNames(string prefix) : IAdapterNames
{
    internal const string Prefix = "llama.";
    internal const string OldPrefix = "llma.";

    public string Query => OfficialLayout.Query;

    public string FinalNorm => prefix + "norm.weight";

    public string Gate(int layer) => $"{prefix}layers.{layer}.attention.gate";

    public string? Bias(int layer, TunedLinear linear) => linear is TunedLinear.Key or TunedLinear.Value
        ? null
        : $"{prefix}layers.{layer}.{OfficialLayout.Part(linear)}.{linear.OfficialName()}.bias";

    public string? Scale(int layer, TunedLinear linear) => null;

    public string AttentionNorm(int layer) => $"{prefix}layers.{layer}.attention_norm.weight";

    public string FeedForwardNorm(int layer) => $"{prefix}layers.{layer}.ffn_norm.weight";

    public long[] QueryShape(int layers, int length, int width) => [(long)layers * length, width];

    public long[] GateShape(int heads) => [1, heads, 1, 1];
}
