using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>Which adapter each row of a step uses: generated tokens first, sorted by slot, then prompt chunks.</summary>
/// <remarks>
/// What an adapter tunes is applied as cheaply as the step allows: one slot for all rows is broadcast, generated tokens are gathered, a prompt chunk
/// is a narrowed part with one slot.
/// </remarks>
/// <param name="single">The slot of all rows, where they share one.</param>
/// <param name="decodeSlots">Slot of each generated token's row, [n], int64; null where there are none.</param>
/// <param name="prompts">The prompt chunks.</param>
/// <param name="slots">All slots in use.</param>
internal sealed class RowSlots(int? single, Tensor? decodeSlots, IReadOnlyList<RowRange> prompts, IReadOnlySet<int> slots)
{
    /// <summary>All slots in use.</summary>
    public IReadOnlySet<int> Slots => slots;

    /// <summary>Hands each group of rows to an action together with the values of its slots.</summary>
    /// <param name="rows">[rows, width].</param>
    /// <param name="bank">[slots, width].</param>
    /// <param name="apply">Gets rows [k, width], a view to be written to, and values [k, width] or [width].</param>
    public void Apply(Tensor rows, Tensor bank, Action<Tensor, Tensor> apply)
    {
        if (single is { } slot)
        {
            apply(rows, bank[slot]);
            return;
        }

        if (decodeSlots is not null)
        {
            apply(rows.narrow(0, 0, decodeSlots.shape[0]), bank.index_select(0, decodeSlots));
        }

        foreach (var range in prompts)
        {
            apply(rows.narrow(0, range.First, range.Count), bank[range.Slot]);
        }
    }
}

/// <summary>Neighbouring rows with one slot.</summary>
/// <param name="First">The first row.</param>
/// <param name="Count">Number of rows.</param>
/// <param name="Slot">Their slot.</param>
internal readonly record struct RowRange(int First, int Count, int Slot);
