using Herd.Engine.Model;
using Herd.Engine.Tensors;
using static TorchSharp.torch;

namespace Herd.Engine.Adapters;

/// <summary>The low-rank matrices of the adapters in the bank's slots, on the device in the model's type, each pair at its own rank.</summary>
/// <remarks>Rows with the same slot go through its matrices together: no copies are gathered, and nobody pays for another's rank. Owner: <see cref="AdapterBank"/>.</remarks>
internal sealed class LoraBank(int slots, StagePlan plan, ScalarType dtype) : IDisposable
{
    private readonly Dictionary<(int Layer, TunedLinear Linear), LoraPair>[] _pairs =
        [.. Enumerable.Range(0, slots).Select(_ => new Dictionary<(int, TunedLinear), LoraPair>())];

    /// <summary>Puts an adapter's matrices into a slot, in place of what was there.</summary>
    /// <param name="adapter">The adapter; one without such matrices empties the slot.</param>
    /// <param name="slot">The slot.</param>
    public void Fill(AdapterWeights adapter, int slot)
    {
        Free(slot);
        foreach (var layer in plan.Layers)
        {
            foreach (var linear in TunedLinearExtensions.All)
            {
                if (adapter.Lora(layer, linear) is { } pair)
                {
                    _pairs[slot].Add((layer, linear), new LoraPair(OnDevice(pair.In), OnDevice(pair.Out)));
                }
            }
        }
    }

    /// <summary>Adds <c>Out (In x)</c> to the rows whose slot has a pair for a matrix.</summary>
    /// <param name="output">[rows, out], model's type; written to.</param>
    /// <param name="input">[rows, in], model's type.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="linear">The matrix.</param>
    /// <param name="slots">The rows' slots.</param>
    public void AddTo(Tensor output, Tensor input, int layer, TunedLinear linear, RowSlots slots)
    {
        foreach (var range in slots.Ranges)
        {
            if (!_pairs[range.Slot].TryGetValue((layer, linear), out var pair))
            {
                continue;
            }

            using var scope = NewDisposeScope();
            var padding = (PackedStep.RowMultiple - (range.Count % PackedStep.RowMultiple)) % PackedStep.RowMultiple;
            var rows = nn.functional.pad(input.narrow(0, range.First, range.Count), [0, 0, 0, padding]);
            var product = nn.functional.linear(nn.functional.linear(rows, pair.In), pair.Out);
            output.narrow(0, range.First, range.Count).AddInPlace(product.narrow(0, 0, range.Count));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (var slot = 0; slot < _pairs.Length; slot++)
        {
            Free(slot);
        }
    }

    private void Free(int slot)
    {
        foreach (var pair in _pairs[slot].Values)
        {
            pair.In.Dispose();
            pair.Out.Dispose();
        }

        _pairs[slot].Clear();
    }

    private Tensor OnDevice(Tensor host) => host.to(dtype, plan.Device, copy: true).DetachFromDisposeScope();
}
