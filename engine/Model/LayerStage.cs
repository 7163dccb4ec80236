using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.KvCache;
using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>Neighbouring layers on one device, with all that they compute with there: adapter bank, cache and rotary table. Layers have their number in the base.</summary>
/// <remarks>
/// Owner: <see cref="LlamaModel"/>. The weights stay the <see cref="WeightStore"/>'s. Device thread only.
/// </remarks>
internal sealed class LayerStage : IDisposable
{
    private readonly LlamaConfig _config;
    private readonly KvPool _pool;
    private readonly RotaryTable _rotary;
    private readonly GatheredAttention _attention;

    /// <summary>Allocates bank, cache and table.</summary>
    /// <param name="config">The base's sizes.</param>
    /// <param name="weights">The stage's tensors.</param>
    /// <param name="dtype">The model's type.</param>
    /// <param name="room">How much of each.</param>
    public LayerStage(LlamaConfig config, StageWeights weights, ScalarType dtype, ModelRoom room)
    {
        (_config, Weights) = (config, weights);
        _pool = new KvPool(weights.Plan, room.Blocks, config.KvHeads, config.HeadWidth, dtype);
        _rotary = new RotaryTable(room.Positions, config.HeadWidth, config.RopeTheta, config.RopeScaling, Device);
        _attention = new GatheredAttention(config, _pool);
        Bank = new AdapterBank(config, weights, dtype, room.Adapters);
    }

    /// <summary>Its tensors.</summary>
    public StageWeights Weights { get; }

    /// <summary>What adapters tune in its layers.</summary>
    public AdapterBank Bank { get; }

    /// <summary>Where it computes.</summary>
    public Device Device => Weights.Plan.Device;

    /// <summary>Computes the layers and stores their keys and values.</summary>
    /// <param name="hidden">The residual stream, [padded rows, width], Float32, on <see cref="Device"/>.</param>
    /// <param name="step">The step on this device.</param>
    /// <param name="probe">Sees intermediate results; null in serving.</param>
    /// <returns>The residual stream behind the last of them, likewise.</returns>
    public Tensor Forward(Tensor hidden, StepTensors step, ILayerProbe? probe)
    {
        using var scope = NewDisposeScope();
        var (maps, turns) = (new StepMaps(_config, Bank, _pool, _attention, step), _rotary.At(step.Positions));
        foreach (var layer in Weights.Plan.Layers)
        {
            using var layerScope = NewDisposeScope();
            hidden = LlamaBlock.Forward(hidden, layer, turns, maps, _config.HeadWidth, probe).MoveToOuterDisposeScope();
        }

        return hidden.MoveToOuterDisposeScope();
    }

    /// <summary>Keys and values of prompts, without rotation.</summary>
    /// <param name="prompts">The prompts of one of the layers under one picture, [A, width], Float32, on any device.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="tuning">The adapter whose scale and bias they go through; null for the base's plain matrices.</param>
    /// <returns>Keys and values, each [1, kvHeads, A, headWidth], model's type, on <see cref="Device"/>.</returns>
    public (Tensor Keys, Tensor Values) PromptKeyValues(Tensor prompts, int layer, AdapterWeights? tuning)
    {
        using var scope = NewDisposeScope();
        Tensor Project(TunedLinear linear) => PromptHeads.Project(prompts.unsqueeze(0), layer, linear, Weights[layer], _config, tuning, _pool.Dtype);
        return (Project(TunedLinear.Key).MoveToOuterDisposeScope(), Project(TunedLinear.Value).MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Bank.Dispose();
        _rotary.Dispose();
        _pool.Dispose();
    }
}
