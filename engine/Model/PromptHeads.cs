using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Tensors;
using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>Keys and values of prompts, the same for serving and training: through the key and value matrices, without rotation, in heads.</summary>
internal static class PromptHeads
{
    /// <summary>Projects prompts. Gradients flow where the caller lets them.</summary>
    /// <param name="prompts">[B, A, width], Float32, on any device.</param>
    /// <param name="layer">The layer they belong to.</param>
    /// <param name="linear"><see cref="TunedLinear.Key"/> or <see cref="TunedLinear.Value"/>.</param>
    /// <param name="weights">The layer's matrices.</param>
    /// <param name="config">The base's sizes.</param>
    /// <param name="tuning">The adapter whose scale and bias they go through; null for the base's plain matrices.</param>
    /// <param name="dtype">The model's type.</param>
    /// <returns>[B, kvHeads, A, headWidth], model's type, on the matrix's device.</returns>
    public static Tensor Project(Tensor prompts, int layer, TunedLinear linear, LayerWeights weights, LlamaConfig config, AdapterWeights? tuning, ScalarType dtype)
    {
        var (batch, length) = (prompts.shape[0], prompts.shape[1]);
        var input = tuning?.InputScale(layer, linear) is { } scale ? prompts * scale : prompts;
        var output = weights[linear].Product(input.reshape(batch * length, -1).to(dtype).to(weights.AttentionNorm.device));
        if (tuning?.Bias(layer, linear) is { } bias)
        {
            output.AddInPlace(bias.to(output.device));
        }

        if (tuning?.OutputScale(layer, linear) is { } outputScale)
        {
            output.mul_(outputScale.to(output.device));
        }

        return output.view(batch, length, config.KvHeads, config.HeadWidth).transpose(1, 2).contiguous();
    }
}
