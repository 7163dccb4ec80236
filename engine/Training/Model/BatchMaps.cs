using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Model;
using Herd.Engine.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Herd.Engine.Training.Model;

/// <summary>A training batch as blocks see it: whole sequences, one adapter, gradients.</summary>
/// <remarks>
/// <c>y = softmax(q K^T / sqrt(d) + mask) V + g softmax(q Ka^T / sqrt(d)) Va</c>, as in serving. Sums and products are rounded where serving rounds them, so that
/// both compute the same function.
/// </remarks>
/// <param name="config">The base's sizes.</param>
/// <param name="weights">The base's tensors, frozen or trained.</param>
/// <param name="dtype">The model's type.</param>
/// <param name="adapter">The adapter, or null for the bare base.</param>
/// <param name="prompts">Its prompts under the batch's pictures.</param>
/// <param name="batch">Number of sequences.</param>
internal sealed class BatchMaps(LlamaConfig config, StageWeights weights, ScalarType dtype, AdapterWeights? adapter, BatchPrompts? prompts, int batch) : IBlockMaps
{
    private readonly int _group = config.Heads / config.KvHeads;

    /// <inheritdoc/>
    public Tensor AttentionNorm(Tensor rows, int layer) => Norm(rows, adapter?.AttentionNorm(layer) ?? weights[layer].AttentionNorm);

    /// <inheritdoc/>
    public Tensor FeedForwardNorm(Tensor rows, int layer) => Norm(rows, adapter?.FeedForwardNorm(layer) ?? weights[layer].FeedForwardNorm);

    /// <summary>The norm in front of the output; otherwise as <see cref="AttentionNorm"/>.</summary>
    public Tensor FinalNorm(Tensor rows) => Norm(rows, adapter?.FinalNorm ?? weights.FinalNorm!);

    /// <inheritdoc/>
    public Tensor Linear(Tensor rows, int layer, TunedLinear linear)
    {
        var input = adapter?.InputScale(layer, linear) is { } scale ? rows.mul(scale).to(dtype) : rows;
        var output = weights[layer][linear].Product(input);
        if (adapter?.Bias(layer, linear) is { } bias)
        {
            output = output.Plus(bias).to(dtype);
        }

        if (adapter?.Lora(layer, linear) is { } pair)
        {
            output = output.Plus(nn.functional.linear(nn.functional.linear(rows, pair.In.to(dtype)), pair.Out.to(dtype)));
        }

        return adapter?.OutputScale(layer, linear) is { } outputScale ? output.mul(outputScale).to(dtype) : output;
    }

    /// <inheritdoc/>
    public Tensor Attend(Tensor queries, Tensor keys, Tensor values, int layer)
    {
        using var scope = NewDisposeScope();
        var attention = queries.device_type == DeviceType.CPU ? ScalarType.Float32 : dtype; // libtorch's gradients of 16-bit attention on CPUs take three times as long
        var rotated = Heads(queries).to(attention); // [B, H, T, d]
        var text = nn.functional.scaled_dot_product_attention(rotated, EachHead(Heads(keys)).to(attention), EachHead(Heads(values)).to(attention), is_casual: true);
        if (prompts?.At(layer) is { } slots)
        {
            Tensor Project(TunedLinear linear) =>
                EachHead(PromptHeads.Project(slots.Slots, layer, linear, weights[layer], config, adapter!.ProjectsPromptsTuned ? adapter : null, dtype)).to(attention).expand(batch, -1, -1, -1);
            var prompted = nn.functional.scaled_dot_product_attention(rotated, Project(TunedLinear.Key), Project(TunedLinear.Value));
            text = text.Plus(prompted * slots.Gate);
        }

        return text.to(dtype).transpose(1, 2).reshape(queries.shape[0], -1).MoveToOuterDisposeScope();
    }

    private Tensor Norm(Tensor rows, Tensor weight) => RmsNorm.Normalize(rows, config.NormEpsilon).mul(weight).to(dtype);

    /// <summary>[B * T, heads, d] to [B, heads, T, d].</summary>
    private Tensor Heads(Tensor rows) => rows.view(batch, -1, rows.shape[1], config.HeadWidth).transpose(1, 2);

    /// <summary>A key/value head for each query head.</summary>
    private Tensor EachHead(Tensor heads) => _group == 1 ? heads : heads.repeat_interleave(_group, 1);
}
