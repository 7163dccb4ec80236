namespace Herd.Engine.Adapters.Formats;

/// <summary>The names in PEFT's files: low-rank matrices of Hugging Face's modules.</summary>
/// <param name="adapter">What stands between the matrix and <c>weight</c> in files saved with the adapter's own name, <c>default.</c>; else empty.</param>
internal sealed class PeftNames(string adapter) : IAdapterNames
{
    internal const string Named = "default.";

    private const string Prefix = "base_model.model.";

    private static readonly string[] Modules =
        ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.down_proj", "mlp.up_proj"];

    public string LoraIn(int layer, TunedLinear linear) => $"{Prefix}{Module(layer, linear)}.lora_A.{adapter}weight";

    public string LoraOut(int layer, TunedLinear linear) => $"{Prefix}{Module(layer, linear)}.lora_B.{adapter}weight";

    /// <summary>The path of a module as PEFT's configuration means it.</summary>
    internal static string Module(int layer, TunedLinear linear) => $"model.layers.{layer}.{Modules[(int)linear]}";
}
