using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>LLaMA over a packed step: base products run once for all rows, what differs by adapter is applied per row.</summary>
/// <remarks>
/// <para>Its layers may be split over several devices: the residual stream moves on where a stage ends. docs/design/0016.</para>
/// <para>The residual stream, norms, rotation and softmax run in Float32; products in the model's type. Device thread only.</para>
/// </remarks>
internal sealed class LlamaModel : IDisposable
{
    private readonly LlamaConfig _config;
    private readonly List<LayerStage> _stages = [];

    /// <summary>Allocates bank, cache and tables of every stage.</summary>
    /// <param name="config">The base's sizes.</param>
    /// <param name="weights">The base's tensors; stay the caller's, and must outlive the model.</param>
    /// <param name="room">How much of each.</param>
    public LlamaModel(LlamaConfig config, WeightStore weights, ModelRoom room)
    {
        (_config, Dtype) = (config, weights.Dtype);
        try
        {
            foreach (var stage in weights.Stages)
            {
                _stages.Add(new LayerStage(config, stage, Dtype, room));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The type of products.</summary>
    public ScalarType Dtype { get; }

    /// <summary>The devices of the stages, in order.</summary>
    public IReadOnlyList<Device> Devices => [.. _stages.Select(stage => stage.Device)];

    /// <summary>Where the residual stream and the logits come out.</summary>
    public Device OutputDevice => _stages[^1].Device;

    /// <summary>Puts an adapter into a slot of every stage; what it does not tune becomes the base's.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="slot">The slot, from 1.</param>
    public void Fill(AdapterWeights adapter, int slot) => _stages.ForEach(stage => stage.Bank.Fill(adapter, slot));

    /// <summary>Computes a step and stores its keys and values.</summary>
    /// <param name="step">The step, on all <see cref="Devices"/>.</param>
    /// <param name="probe">Sees intermediate results; null in serving.</param>
    /// <returns>The residual stream behind the last block, [padded rows, width], Float32, on <see cref="OutputDevice"/>.</returns>
    public Tensor Forward(PackedStep step, ILayerProbe? probe = null)
    {
        using var scope = NewDisposeScope();
        var hidden = _stages[0].Weights.Embedding!.index_select(0, step.On(_stages[0].Device).Ids).to(ScalarType.Float32);
        foreach (var stage in _stages)
        {
            hidden = stage.Forward(hidden.to(stage.Device), step.On(stage.Device), probe);
        }

        return hidden.MoveToOuterDisposeScope();
    }

    /// <summary>Logits of some rows.</summary>
    /// <param name="hidden">From <see cref="Forward"/>, [k, width].</param>
    /// <param name="slots">The slots of these rows, on <see cref="OutputDevice"/>.</param>
    /// <returns>[k, vocabulary], Float32, likewise.</returns>
    public Tensor Logits(Tensor hidden, RowSlots slots)
    {
        using var scope = NewDisposeScope();
        var rows = _stages[^1].Bank.FinalNorm(hidden, _config.NormEpsilon, slots);
        return _stages[^1].Weights.Output!.Product(rows).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>Keys and values of prompts, without rotation, on the layer's device; see <see cref="LayerStage.PromptKeyValues"/>.</summary>
    public (Tensor Keys, Tensor Values) PromptKeyValues(Tensor prompts, int layer, AdapterWeights? tuning) =>
        _stages.First(stage => stage.Weights.Plan.Layers.Contains(layer)).PromptKeyValues(prompts, layer, tuning);

    /// <inheritdoc/>
    public void Dispose() => _stages.ForEach(stage => stage.Dispose());
}
