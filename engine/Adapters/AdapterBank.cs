using Herd.Engine.Bases;
using Herd.Engine.Model;
using Herd.Engine.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Herd.Engine.Adapters;

/// <summary>
/// What adapters tune, on the device: per (layer, linear) one tensor [slots, width] each for input scale and bias, and per norm one of its weights. Slot 0 is the
/// bare base: scale 1, bias 0, the base's norms.
/// </summary>
/// <remarks>
/// <para><c>y = W (s * x) + b</c>, the order of the official files. Values stay in Float32 whatever the model's type: a scale of 1.003 would be lost in 16 bits.</para>
/// <para>Owner: the engine. Device thread only.</para>
/// </remarks>
internal sealed class AdapterBank : IDisposable
{
    private readonly WeightStore _base;
    private readonly Tensor[][] _scales; // [layer][linear] -> [slots, in]
    private readonly Tensor[][] _biases; // [layer][linear] -> [slots, out]
    private readonly Tensor[] _attentionNorms; // [layer] -> [slots, width]
    private readonly Tensor[] _feedForwardNorms;
    private readonly Tensor _finalNorms;
    private readonly HashSet<TunedLinear>[] _scaled; // [slot]: linears with a scale in some layer
    private readonly HashSet<TunedLinear>[] _biased;

    /// <summary>Allocates all slots, each as the bare base.</summary>
    /// <param name="config">The base's sizes.</param>
    /// <param name="weights">The base's tensors, for its norms.</param>
    /// <param name="adapters">Number of slots beside slot 0.</param>
    public AdapterBank(LlamaConfig config, WeightStore weights, int adapters)
    {
        using var scope = NewDisposeScope();
        var slots = adapters + 1;
        _base = weights;
        (_scaled, _biased) = (Untuned(slots), Untuned(slots));
        Tensor Norms(Tensor norm) => norm.unsqueeze(0).repeat(slots, 1);
        Tensor[][] PerLinear(Func<TunedLinear, Tensor> make) => [.. weights.Layers.Select(_ => TunedLinearExtensions.All.Select(make).ToArray())];

        _scales = PerLinear(linear => ones([slots, linear.InWidth(config)], ScalarType.Float32, weights.Device));
        _biases = PerLinear(linear => zeros([slots, linear.OutWidth(config)], ScalarType.Float32, weights.Device));
        _attentionNorms = [.. weights.Layers.Select(layer => Norms(layer.AttentionNorm))];
        _feedForwardNorms = [.. weights.Layers.Select(layer => Norms(layer.FeedForwardNorm))];
        _finalNorms = Norms(weights.FinalNorm);
        scope.Detach(All());
    }

    /// <summary>Puts an adapter into a slot; what it does not tune becomes the base's.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="slot">The slot, from 1.</param>
    public void Fill(AdapterWeights adapter, int slot)
    {
        using var scope = NewDisposeScope();
        for (var layer = 0; layer < _base.Layers.Count; layer++)
        {
            foreach (var linear in TunedLinearExtensions.All)
            {
                Put(_scales[layer][(int)linear], slot, adapter.Scale(layer, linear), 1);
                Put(_biases[layer][(int)linear], slot, adapter.Bias(layer, linear), 0);
            }

            _attentionNorms[layer][slot].copy_(adapter.AttentionNorm(layer) ?? _base.Layers[layer].AttentionNorm);
            _feedForwardNorms[layer][slot].copy_(adapter.FeedForwardNorm(layer) ?? _base.Layers[layer].FeedForwardNorm);
        }

        _finalNorms[slot].copy_(adapter.FinalNorm ?? _base.FinalNorm);
        var layers = Enumerable.Range(0, _base.Layers.Count);
        _scaled[slot] = [.. TunedLinearExtensions.All.Where(linear => layers.Any(layer => adapter.Scale(layer, linear) is not null))];
        _biased[slot] = [.. TunedLinearExtensions.All.Where(linear => layers.Any(layer => adapter.Bias(layer, linear) is not null))];
    }

    /// <summary>A tuned linear layer over all rows: <c>W (s * x) + b</c>.</summary>
    /// <param name="rows">[rows, in], model's type; unchanged.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="linear">Which of its matrices.</param>
    /// <param name="slots">The rows' slots.</param>
    /// <returns>[rows, out], model's type.</returns>
    public Tensor Linear(Tensor rows, int layer, TunedLinear linear, RowSlots slots)
    {
        var input = rows;
        if (slots.Slots.Any(slot => _scaled[slot].Contains(linear)))
        {
            input = rows.clone();
            slots.Apply(input, _scales[layer][(int)linear], static (part, scale) => part.mul_(scale));
        }

        var output = nn.functional.linear(input, _base.Layers[layer][linear]);
        if (slots.Slots.Any(slot => _biased[slot].Contains(linear)))
        {
            slots.Apply(output, _biases[layer][(int)linear], static (part, bias) => part.AddInPlace(bias));
        }

        return output;
    }

    /// <summary>The norm in front of a layer's attention, weight included.</summary>
    /// <param name="rows">[rows, width], Float32.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="epsilon">The norm's epsilon.</param>
    /// <param name="slots">The rows' slots.</param>
    /// <returns>[rows, width], model's type.</returns>
    public Tensor AttentionNorm(Tensor rows, int layer, float epsilon, RowSlots slots) => Norm(rows, _attentionNorms[layer], epsilon, slots);

    /// <summary>The norm in front of a layer's feed-forward part; otherwise as <see cref="AttentionNorm"/>.</summary>
    public Tensor FeedForwardNorm(Tensor rows, int layer, float epsilon, RowSlots slots) => Norm(rows, _feedForwardNorms[layer], epsilon, slots);

    /// <summary>The norm in front of the output; otherwise as <see cref="AttentionNorm"/>.</summary>
    public Tensor FinalNorm(Tensor rows, float epsilon, RowSlots slots) => Norm(rows, _finalNorms, epsilon, slots);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in All())
        {
            tensor.Dispose();
        }
    }

    private IEnumerable<Tensor> All() =>
        _scales.Concat(_biases).SelectMany(layer => layer).Concat(_attentionNorms).Concat(_feedForwardNorms).Append(_finalNorms);

    private static HashSet<TunedLinear>[] Untuned(int slots) => [.. Enumerable.Range(0, slots).Select(_ => new HashSet<TunedLinear>())];

    private static void Put(Tensor bank, int slot, Tensor? values, float otherwise)
    {
        if (values is null)
        {
            using var value = otherwise.ToScalar();
            bank[slot].fill_(value);
        }
        else
        {
            bank[slot].copy_(values);
        }
    }

    private Tensor Norm(Tensor rows, Tensor bank, float epsilon, RowSlots slots)
    {
        var normalized = RmsNorm.Normalize(rows, epsilon);
        slots.Apply(normalized, bank, static (part, weight) => part.mul_(weight));
        return normalized.to(_base.Dtype);
    }
}
