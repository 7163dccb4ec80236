namespace Herd.Engine.Scheduling;

/// <summary>Gives adapters their places on the device. The scheduler asks; the adapter bank and the scheduler's tests answer.</summary>
internal interface ISlotTable
{
    /// <summary>Holds that have not been given back.</summary>
    int Leases { get; }

    /// <summary>Finds or makes a place for an adapter and holds it until it is released.</summary>
    /// <param name="adapter">The version's digest; null for the bare base, which always has place 0.</param>
    /// <param name="slot">The place.</param>
    /// <returns>False where all places are held by others.</returns>
    bool TryLease(string? adapter, out int slot);

    /// <summary>Gives one hold back.</summary>
    /// <param name="adapter">The version's digest; null for the bare base.</param>
    void Release(string? adapter);
}
