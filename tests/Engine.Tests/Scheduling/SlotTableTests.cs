using Herd.Engine.Scheduling;
using Xunit;

namespace Herd.Engine.Tests.Scheduling;

public sealed class SlotTableTests
{
    private readonly List<(string Adapter, int Slot)> _filled = [];
    private readonly SlotTable _table;

    public SlotTableTests()
    {
        _table = new SlotTable(2, (adapter, slot) => _filled.Add((adapter, slot)));
    }

    [Fact]
    public void TryLease_TheBareBase_TakesNoSlot()
    {
        Assert.True(_table.TryLease(null, out var slot));
        Assert.Equal(0, slot);
        Assert.Empty(_filled);
    }

    [Fact]
    public void TryLease_AKnownAdapter_IsNotFilledAgain()
    {
        _table.TryLease("a", out var first);
        _table.Release("a");
        _table.TryLease("a", out var second);
        Assert.Equal(first, second);
        Assert.Single(_filled);
    }

    [Fact]
    public void TryLease_AllSlotsHeld_IsRefusedUntilOneIsReleased()
    {
        _table.TryLease("a", out _);
        _table.TryLease("b", out var slotOfB);
        Assert.False(_table.TryLease("c", out _));
        _table.Release("b");
        Assert.True(_table.TryLease("c", out var slotOfC));
        Assert.Equal(slotOfB, slotOfC);
    }

    [Fact]
    public void TryLease_NoFreeSlot_EvictsTheLeastRecentlyUsed()
    {
        foreach (var adapter in new[] { "a", "b", "a", "c" })
        {
            _table.TryLease(adapter, out _);
            _table.Release(adapter);
        }

        _table.TryLease("a", out _);
        Assert.Equal(["a", "b", "c"], _filled.Select(fill => fill.Adapter));
    }

    [Fact]
    public void TryLease_FillingFails_LeavesTheSlotUsable()
    {
        var fail = true;
        var table = new SlotTable(1, (_, _) => _ = fail ? throw new IOException("gone") : 0);
        Assert.Throws<IOException>(() => table.TryLease("a", out _));
        fail = false;
        Assert.True(table.TryLease("b", out _));
    }
}
