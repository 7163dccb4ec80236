using Herd.Engine.Bases;
using Herd.Engine.Model;
using Herd.Engine.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Herd.Engine.Adapters;

/// <summary>
/// What adapters tune in some neighbouring layers, on their device: per (layer, linear) one tensor [slots, width] each for input scale and bias, and per norm one of its weights. Slot 0 is the
/// bare base: scale 1, bias 0, the base's norms.
/// </summary>
/// <remarks>
/// <para><c>y = W (s * x) + b + Out (In x)</c>, the order of the official files; in the paper's order <c>y = s * (W x + b + Out (In x))</c>. Scales, biases and
/// norms stay in Float32 whatever the model's type: a scale of 1.003 would be lost in 16 bits.</para>
/// <para>Layers have their number in the base. Owner: their stage. Device thread only.</para>
/// </remarks>
internal sealed class AdapterBank : IDisposable
{
    private readonly LlamaConfig _config;
    private readonly StageWeights _base;
    private readonly ScalarType _dtype;
    private readonly Tensor[][] _inputScales; // [layer][linear] -> [slots, in]
    private readonly Tensor[][] _biases; // [layer][linear] -> [slots, out]
    private readonly Tensor[] _attentionNorms; // [layer] -> [slots, width]
    private readonly Tensor[] _feedForwardNorms;
    private readonly Tensor? _finalNorms; // with the last layer
    private readonly LoraBank _lora;
    private readonly TunedSet[] _tuned; // [slot]
    private Tensor[][]? _outputScales; // [layer][linear] -> [slots, out]; few adapters have any, so they are made for the first

    /// <summary>Allocates all slots, each as the bare base.</summary>
    /// <param name="config">The base's sizes.</param>
    /// <param name="weights">The layers' tensors, for their matrices and norms.</param>
    /// <param name="dtype">The model's type.</param>
    /// <param name="adapters">Number of slots beside slot 0.</param>
    public AdapterBank(LlamaConfig config, StageWeights weights, ScalarType dtype, int adapters)
    {
        using var scope = NewDisposeScope();
        (_config, _base, _dtype) = (config, weights, dtype);
        _tuned = [.. Enumerable.Range(0, adapters + 1).Select(_ => TunedSet.Nothing)];
        _lora = new LoraBank(adapters + 1, weights.Plan, dtype);
        Tensor Norms(Tensor norm) => norm.unsqueeze(0).repeat(adapters + 1, 1);

        _inputScales = PerLinear(linear => linear.InWidth(config), Ones);
        _biases = PerLinear(linear => linear.OutWidth(config), Zeros);
        _attentionNorms = [.. weights.Layers.Select(layer => Norms(layer.AttentionNorm))];
        _feedForwardNorms = [.. weights.Layers.Select(layer => Norms(layer.FeedForwardNorm))];
        _finalNorms = weights.FinalNorm is { } norm ? Norms(norm) : null;
        scope.Detach(All());
    }

    /// <summary>Puts an adapter into a slot; what it does not tune becomes the base's.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="slot">The slot, from 1.</param>
    public void Fill(AdapterWeights adapter, int slot)
    {
        using var scope = NewDisposeScope();
        var tuned = TunedSet.Of(adapter, _config.Layers);
        if (tuned.OutputScales.Count > 0 && _outputScales is null)
        {
            _outputScales = PerLinear(linear => linear.OutWidth(_config), Ones);
            scope.Detach(_outputScales.SelectMany(layer => layer));
        }

        foreach (var layer in _base.Plan.Layers)
        {
            foreach (var linear in TunedLinearExtensions.All)
            {
                Put(Of(_inputScales, layer, linear), slot, adapter.InputScale(layer, linear), 1);
                Put(Of(_biases, layer, linear), slot, adapter.Bias(layer, linear), 0);
                Put(_outputScales is null ? null : Of(_outputScales, layer, linear), slot, adapter.OutputScale(layer, linear), 1);
            }

            Of(_attentionNorms, layer)[slot].copy_(adapter.AttentionNorm(layer) ?? _base[layer].AttentionNorm);
            Of(_feedForwardNorms, layer)[slot].copy_(adapter.FeedForwardNorm(layer) ?? _base[layer].FeedForwardNorm);
        }

        _finalNorms?[slot].copy_(adapter.FinalNorm ?? _base.FinalNorm!);
        _lora.Fill(adapter, slot);
        _tuned[slot] = tuned;
    }

    /// <summary>A tuned linear layer over all rows.</summary>
    /// <param name="rows">[rows, in], model's type; unchanged.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="linear">Which of its matrices.</param>
    /// <param name="slots">The rows' slots.</param>
    /// <returns>[rows, out], model's type.</returns>
    public Tensor Linear(Tensor rows, int layer, TunedLinear linear, RowSlots slots)
    {
        bool Any(Func<TunedSet, IReadOnlySet<TunedLinear>> part) => slots.Slots.Any(slot => part(_tuned[slot]).Contains(linear));
        var input = rows;
        if (Any(tuned => tuned.InputScales))
        {
            input = rows.clone();
            slots.Apply(input, Of(_inputScales, layer, linear), static (part, scale) => part.mul_(scale));
        }

        var output = _base[layer][linear].Product(input);
        if (Any(tuned => tuned.Biases))
        {
            slots.Apply(output, Of(_biases, layer, linear), static (part, bias) => part.AddInPlace(bias));
        }

        if (Any(tuned => tuned.Loras))
        {
            _lora.AddTo(output, rows, layer, linear, slots);
        }

        if (Any(tuned => tuned.OutputScales))
        {
            slots.Apply(output, Of(_outputScales!, layer, linear), static (part, scale) => part.mul_(scale));
        }

        return output;
    }

    /// <summary>The norm in front of a layer's attention, weight included.</summary>
    /// <param name="rows">[rows, width], Float32.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="epsilon">The norm's epsilon.</param>
    /// <param name="slots">The rows' slots.</param>
    /// <returns>[rows, width], model's type.</returns>
    public Tensor AttentionNorm(Tensor rows, int layer, float epsilon, RowSlots slots) => Norm(rows, Of(_attentionNorms, layer), epsilon, slots);

    /// <summary>The norm in front of a layer's feed-forward part; otherwise as <see cref="AttentionNorm"/>.</summary>
    public Tensor FeedForwardNorm(Tensor rows, int layer, float epsilon, RowSlots slots) => Norm(rows, Of(_feedForwardNorms, layer), epsilon, slots);

    /// <summary>The norm in front of the output, where the last layer is here; otherwise as <see cref="AttentionNorm"/>.</summary>
    public Tensor FinalNorm(Tensor rows, float epsilon, RowSlots slots) => Norm(rows, _finalNorms!, epsilon, slots);

    /// <inheritdoc/>
    public void Dispose()
    {
        _lora.Dispose();
        foreach (var tensor in All())
        {
            tensor.Dispose();
        }
    }

    private static void Put(Tensor? bank, int slot, Tensor? values, float otherwise)
    {
        if (values is null)
        {
            using var value = otherwise.ToScalar();
            bank?[slot].fill_(value);
        }
        else
        {
            bank![slot].copy_(values);
        }
    }

    private Tensor Of(Tensor[] perLayer, int layer) => perLayer[layer - _base.Plan.First];

    private Tensor Of(Tensor[][] perLayer, int layer, TunedLinear linear) => perLayer[layer - _base.Plan.First][(int)linear];

    private Tensor[][] PerLinear(Func<TunedLinear, int> width, Func<long[], Tensor> make) =>
        [.. _base.Layers.Select(_ => TunedLinearExtensions.All.Select(linear => make([_tuned.Length, width(linear)])).ToArray())];

    private Tensor Ones(long[] shape) => ones(shape, ScalarType.Float32, _base.Plan.Device);

    private Tensor Zeros(long[] shape) => zeros(shape, ScalarType.Float32, _base.Plan.Device);

    private IEnumerable<Tensor> All() =>
        _inputScales.Concat(_biases).Concat(_outputScales ?? []).SelectMany(layer => layer).Concat(_attentionNorms).Concat(_feedForwardNorms).Concat(_finalNorms is null ? [] : [_finalNorms]);

    private Tensor Norm(Tensor rows, Tensor bank, float epsilon, RowSlots slots)
    {
        var normalized = RmsNorm.Normalize(rows, epsilon);
        slots.Apply(normalized, bank, static (part, weight) => part.mul_(weight));
        return normalized.to(_dtype);
    }
}
