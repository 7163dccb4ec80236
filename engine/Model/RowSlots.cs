using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>Which adapter each row of a step uses: generated tokens first, sorted by slot, then prompt chunks.</summary>
/// <remarks>
/// What an adapter tunes is applied as cheaply as the step allows: one slot for all rows is broadcast, generated tokens are gathered, a prompt chunk
/// is a narrowed part with one slot.
/// </remarks>
internal sealed class RowSlots
{
    private readonly int? _single;
    private readonly Tensor? _decodeSlots; // [n], int64: slot of each generated token's row
    private readonly IReadOnlyList<RowRange> _prompts;

    /// <summary>Takes the slots of rows that stand in this order; with a single slot in all, rows beyond them have it too.</summary>
    /// <param name="decodes">Slot of each generated token's row, sorted.</param>
    /// <param name="prompts">The prompt chunks behind them.</param>
    /// <param name="device">The device.</param>
    public RowSlots(IReadOnlyList<int> decodes, IReadOnlyList<RowRange> prompts, Device device)
    {
        _prompts = prompts;
        Slots = decodes.Concat(prompts.Select(range => range.Slot)).ToHashSet();
        Ranges = [.. RangesOf(decodes), .. prompts];
        if (Slots.Count == 1)
        {
            _single = Slots.Single();
        }
        else if (decodes.Count > 0)
        {
            _decodeSlots = tensor(decodes.Select(slot => (long)slot).ToArray(), device: device);
        }
    }

    /// <summary>All slots in use.</summary>
    public IReadOnlySet<int> Slots { get; }

    /// <summary>Neighbouring rows with one slot, over all rows.</summary>
    public IReadOnlyList<RowRange> Ranges { get; }

    /// <summary>Hands each group of rows to an action together with the values of its slots.</summary>
    /// <param name="rows">[rows, width].</param>
    /// <param name="bank">[slots, width].</param>
    /// <param name="apply">Gets rows [k, width], a view to be written to, and values [k, width] or [width].</param>
    public void Apply(Tensor rows, Tensor bank, Action<Tensor, Tensor> apply)
    {
        if (_single is { } slot)
        {
            apply(rows, bank[slot]);
            return;
        }

        if (_decodeSlots is not null)
        {
            apply(rows.narrow(0, 0, _decodeSlots.shape[0]), bank.index_select(0, _decodeSlots));
        }

        foreach (var range in _prompts)
        {
            apply(rows.narrow(0, range.First, range.Count), bank[range.Slot]);
        }
    }

    private static IEnumerable<RowRange> RangesOf(IReadOnlyList<int> decodes)
    {
        for (var first = 0; first < decodes.Count;)
        {
            var end = first + 1;
            while (end < decodes.Count && decodes[end] == decodes[first])
            {
                end++;
            }

            yield return new RowRange(first, end - first, decodes[first]);
            first = end;
        }
    }
}

/// <summary>Neighbouring rows with one slot.</summary>
/// <param name="First">The first row.</param>
/// <param name="Count">Number of rows.</param>
/// <param name="Slot">Their slot.</param>
internal readonly record struct RowRange(int First, int Count, int Slot);
