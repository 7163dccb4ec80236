using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.KvCache;
using Herd.Engine.Tensors;
using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>Attention by libtorch over gathered keys and values, sequence by sequence, with the adapter's prompts added.</summary>
/// <remarks>
/// <para><c>y = softmax(q K^T / sqrt(d) + mask) V + g softmax(q Ka^T / sqrt(d)) Va</c>: two softmaxes of their own, g = tanh(gate) per head. Queries are
/// rotated, prompt keys are not. Source: LLaMA-Adapter V2, arXiv:2304.15010, and the official multimodal model (docs/engine.md, "Attention with the adapter").</para>
/// <para>With fewer key/value heads than query heads, each serves that many neighbouring query heads.</para>
/// </remarks>
internal sealed class GatheredAttention(LlamaConfig config, KvPool pool)
{
    private readonly int _group = config.Heads / config.KvHeads;

    /// <summary>Attention of all rows of a step, whose keys and values are stored already.</summary>
    /// <param name="queries">Rotated, [padded rows, heads, headWidth], model's type.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="step">The step on the layer's device.</param>
    /// <returns>[padded rows, heads * headWidth], model's type; padding rows are zero.</returns>
    public Tensor Attend(Tensor queries, int layer, StepTensors step)
    {
        using var scope = NewDisposeScope();
        var output = zeros([queries.shape[0], config.Heads * config.HeadWidth], queries.dtype, queries.device);
        foreach (var segment in step.Segments)
        {
            using var segmentScope = NewDisposeScope();
            var (keys, values) = pool.Gather(layer, segment.Blocks, segment.Placed.Total);
            var prompts = segment.Placed.Segment.Prompts?.At(layer);
            foreach (var tile in segment.Tiles)
            {
                using var tileScope = NewDisposeScope();
                var seen = (keys.narrow(1, 0, tile.Total), values.narrow(1, 0, tile.Total));
                output.narrow(0, tile.FirstRow, tile.Count).copy_(Attend(queries.narrow(0, tile.FirstRow, tile.Count), seen, tile, prompts));
            }
        }

        return output.MoveToOuterDisposeScope();
    }

    private Tensor Attend(Tensor queries, (Tensor Keys, Tensor Values) seen, AttentionTile tile, LayerKeyValues? prompts)
    {
        var rows = Grouped(queries); // [1, kvHeads, group * T, headWidth]
        var mask = tile.Mask?.repeat(_group, 1); // [group * T, total]
        var text = nn.functional.scaled_dot_product_attention(rows, seen.Keys.unsqueeze(0), seen.Values.unsqueeze(0), mask);
        if (prompts is null)
        {
            return Ungrouped(text, tile.Count);
        }

        var prompted = nn.functional.scaled_dot_product_attention(rows, prompts.Keys, prompts.Values);
        var gate = prompts.Gate.view(1, config.KvHeads, _group, 1).expand(1, config.KvHeads, _group, tile.Count).reshape(1, config.KvHeads, -1, 1);
        return Ungrouped(text.Plus(prompted * gate), tile.Count);
    }

    /// <summary>Puts the query heads that share a key/value head side by side: [T, heads, headWidth] to [1, kvHeads, group * T, headWidth].</summary>
    private Tensor Grouped(Tensor queries) =>
        queries.view(-1, config.KvHeads, _group, config.HeadWidth).permute(1, 2, 0, 3).reshape(1, config.KvHeads, -1, config.HeadWidth);

    private Tensor Ungrouped(Tensor rows, int count) =>
        rows.view(config.KvHeads, _group, count, config.HeadWidth).permute(2, 0, 1, 3).reshape(count, -1);
}
