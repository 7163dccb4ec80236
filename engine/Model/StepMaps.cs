using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.KvCache;
using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>A serving step as blocks see it: an adapter for each row out of the bank, keys and values in the cache.</summary>
internal sealed class StepMaps(LlamaConfig config, AdapterBank bank, KvPool pool, GatheredAttention attention, StepTensors step) : IBlockMaps
{
    /// <inheritdoc/>
    public Tensor AttentionNorm(Tensor rows, int layer) => bank.AttentionNorm(rows, layer, config.NormEpsilon, step.Slots);

    /// <inheritdoc/>
    public Tensor FeedForwardNorm(Tensor rows, int layer) => bank.FeedForwardNorm(rows, layer, config.NormEpsilon, step.Slots);

    /// <inheritdoc/>
    public Tensor Linear(Tensor rows, int layer, TunedLinear linear) => bank.Linear(rows, layer, linear, step.Slots);

    /// <inheritdoc/>
    public Tensor Attend(Tensor queries, Tensor keys, Tensor values, int layer)
    {
        pool.Store(layer, keys.narrow(0, 0, step.Rows), values.narrow(0, 0, step.Rows), step.Blocks, step.Offsets);
        return attention.Attend(queries, layer, step);
    }
}
