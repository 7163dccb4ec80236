namespace Herd.Engine.Scheduling;

/// <summary>Keeps account of which adapter lies in which slot of the bank. A slot that nobody holds keeps its adapter until another needs the place.</summary>
/// <param name="slots">Number of slots beside slot 0, which is the bare base.</param>
/// <param name="fill">Puts an adapter's values into a slot.</param>
internal sealed class SlotTable(int slots, Action<string, int> fill) : ISlotTable
{
    private readonly Dictionary<string, Slot> _held = [];
    private readonly LinkedList<Slot> _leastRecentFirst = new(Enumerable.Range(1, slots).Select(index => new Slot(index)));

    /// <inheritdoc/>
    public int Leases => _leastRecentFirst.Sum(slot => slot.Leases);

    /// <inheritdoc/>
    public bool TryLease(string? adapter, out int slot)
    {
        slot = 0;
        if (adapter is null)
        {
            return true;
        }

        if (!_held.TryGetValue(adapter, out var found))
        {
            found = _leastRecentFirst.FirstOrDefault(candidate => candidate.Leases == 0);
            if (found is null)
            {
                return false;
            }

            Replace(found, adapter);
        }

        found.Leases++;
        _leastRecentFirst.Remove(found);
        _leastRecentFirst.AddLast(found);
        slot = found.Index;
        return true;
    }

    /// <inheritdoc/>
    public void Release(string? adapter)
    {
        if (adapter is null)
        {
            return;
        }

        if (!_held.TryGetValue(adapter, out var slot) || slot.Leases == 0)
        {
            throw new InvalidOperationException($"The slot of adapter {adapter} was released twice.");
        }

        slot.Leases--;
    }

    private void Replace(Slot slot, string adapter)
    {
        if (slot.Adapter is { } old)
        {
            _held.Remove(old);
            slot.Adapter = null;
        }

        fill(adapter, slot.Index);
        slot.Adapter = adapter;
        _held.Add(adapter, slot);
    }

    private sealed class Slot(int index)
    {
        public int Index { get; } = index;

        public string? Adapter { get; set; }

        public int Leases { get; set; }
    }
}
