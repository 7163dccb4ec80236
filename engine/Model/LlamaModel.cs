using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.KvCache;
using Herd.Engine.Tensors;
using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>LLaMA over a packed step: base products run once for all rows, what differs by adapter is applied per row.</summary>
/// <remarks>
/// <para><c>a = x + Attention(norm(x))</c>, <c>out = a + W2(silu(W1 n) * (W3 n))</c>, n = norm(a). Source: LLaMA, arXiv:2302.13971.</para>
/// <para>The residual stream, norms, rotation and softmax run in Float32; products in the model's type. Device thread only.</para>
/// </remarks>
internal sealed class LlamaModel(LlamaConfig config, WeightStore weights, AdapterBank bank, RotaryTable rotary, KvPool pool)
{
    private readonly GatheredAttention _attention = new(config, pool);

    /// <summary>Computes a step and stores its keys and values.</summary>
    /// <param name="step">The step.</param>
    /// <param name="probe">Sees intermediate results; null in serving.</param>
    /// <returns>The residual stream behind the last block, [padded rows, width], Float32.</returns>
    public Tensor Forward(PackedStep step, ILayerProbe? probe = null)
    {
        using var scope = NewDisposeScope();
        var turns = rotary.At(step.Positions);
        var hidden = weights.Embedding.index_select(0, step.Ids).to(ScalarType.Float32);
        for (var layer = 0; layer < config.Layers; layer++)
        {
            using var layerScope = NewDisposeScope();
            var attended = Attention(bank.AttentionNorm(hidden, layer, config.NormEpsilon, step.Slots), layer, step, turns);
            probe?.AttentionOutput(layer, attended);
            var between = hidden.Plus(attended);
            var next = between.Plus(FeedForward(bank.FeedForwardNorm(between, layer, config.NormEpsilon, step.Slots), layer, step));
            probe?.BlockOutput(layer, next);
            hidden = next.MoveToOuterDisposeScope();
        }

        return hidden.MoveToOuterDisposeScope();
    }

    /// <summary>Logits of some rows.</summary>
    /// <param name="hidden">From <see cref="Forward"/>, [k, width].</param>
    /// <param name="slots">The slots of these rows.</param>
    /// <returns>[k, vocabulary], Float32.</returns>
    public Tensor Logits(Tensor hidden, RowSlots slots)
    {
        using var scope = NewDisposeScope();
        var rows = bank.FinalNorm(hidden, config.NormEpsilon, slots);
        return weights.Output.Product(rows).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>Keys and values of prompts, without rotation.</summary>
    /// <param name="prompts">The prompts of one layer under one picture, [A, width], Float32.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="tuning">The adapter whose scale and bias they go through; null for the base's plain matrices.</param>
    /// <returns>Keys and values, each [1, kvHeads, A, headWidth], model's type.</returns>
    public (Tensor Keys, Tensor Values) PromptKeyValues(Tensor prompts, int layer, AdapterWeights? tuning)
    {
        using var scope = NewDisposeScope();
        Tensor Project(TunedLinear linear)
        {
            var input = tuning?.InputScale(layer, linear) is { } scale ? prompts * scale : prompts;
            var output = weights.Layers[layer][linear].Product(input.to(weights.Dtype).to(weights.Device));
            if (tuning?.Bias(layer, linear) is { } bias)
            {
                output.AddInPlace(bias.to(weights.Device));
            }

            if (tuning?.OutputScale(layer, linear) is { } outputScale)
            {
                output.mul_(outputScale.to(weights.Device));
            }

            return output.view(1, -1, config.KvHeads, config.HeadWidth).transpose(1, 2).contiguous();
        }

        return (Project(TunedLinear.Key).MoveToOuterDisposeScope(), Project(TunedLinear.Value).MoveToOuterDisposeScope());
    }

    private Tensor Attention(Tensor rows, int layer, PackedStep step, Tensor turns)
    {
        Tensor Heads(TunedLinear linear) => bank.Linear(rows, layer, linear, step.Slots).view(rows.shape[0], -1, config.HeadWidth);
        var queries = RotaryTable.Rotate(Heads(TunedLinear.Query), turns);
        var keys = RotaryTable.Rotate(Heads(TunedLinear.Key), turns);
        pool.Store(layer, keys.narrow(0, 0, step.Rows), Heads(TunedLinear.Value).narrow(0, 0, step.Rows), step.Blocks, step.Offsets);
        return bank.Linear(_attention.Attend(queries, layer, step), layer, TunedLinear.Output, step.Slots);
    }

    private Tensor FeedForward(Tensor rows, int layer, PackedStep step)
    {
        var gate = nn.functional.silu(bank.Linear(rows, layer, TunedLinear.Gate, step.Slots));
        return bank.Linear(gate.mul_(bank.Linear(rows, layer, TunedLinear.Up, step.Slots)), layer, TunedLinear.Down, step.Slots);
    }
}
