using static TorchSharp.torch;

namespace Herd.Engine.Tests.Vision;

/// <summary>Puts OpenAI's names of an image encoder into Hugging Face's.</summary>
internal static class ClipForms
{
    /// <param name="tensors">The encoder's tensors by OpenAI's names.</param>
    /// <returns>The same by Hugging Face's, in the caller's scope.</returns>
    public static Dictionary<string, Tensor> HuggingFace(IReadOnlyDictionary<string, Tensor> tensors)
    {
        Tensor Take(string name) => tensors["visual." + name];
        var named = new Dictionary<string, Tensor>
        {
            ["vision_model.embeddings.class_embedding"] = Take("class_embedding"),
            ["vision_model.embeddings.patch_embedding.weight"] = Take("conv1.weight"),
            ["vision_model.embeddings.position_embedding.weight"] = Take("positional_embedding"),
            ["visual_projection.weight"] = Take("proj").t().contiguous(),
        };
        var layers = tensors.Keys.Count(name => name.StartsWith("visual.", StringComparison.Ordinal) && name.EndsWith(".ln_1.weight", StringComparison.Ordinal));
        foreach (var kind in (string[])["weight", "bias"])
        {
            named[$"vision_model.pre_layrnorm.{kind}"] = Take($"ln_pre.{kind}");
            named[$"vision_model.post_layernorm.{kind}"] = Take($"ln_post.{kind}");
            for (var layer = 0; layer < layers; layer++)
            {
                var (theirs, ours) = ($"vision_model.encoder.layers.{layer}.", $"transformer.resblocks.{layer}.");
                var parts = Take($"{ours}attn.in_proj_{kind}").chunk(3);
                named[$"{theirs}self_attn.q_proj.{kind}"] = parts[0];
                named[$"{theirs}self_attn.k_proj.{kind}"] = parts[1];
                named[$"{theirs}self_attn.v_proj.{kind}"] = parts[2];
                named[$"{theirs}self_attn.out_proj.{kind}"] = Take($"{ours}attn.out_proj.{kind}");
                named[$"{theirs}layer_norm1.{kind}"] = Take($"{ours}ln_1.{kind}");
                named[$"{theirs}layer_norm2.{kind}"] = Take($"{ours}ln_2.{kind}");
                named[$"{theirs}mlp.fc1.{kind}"] = Take($"{ours}mlp.c_fc.{kind}");
                named[$"{theirs}mlp.fc2.{kind}"] = Take($"{ours}mlp.c_proj.{kind}");
            }
        }

        return named;
    }
}
