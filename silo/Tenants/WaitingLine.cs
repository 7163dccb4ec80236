namespace Herd.Silo.Tenants;

/// <summary>Those who came back on time and found no place, in the order of the times they were told. Only the first may go in, so nobody overtakes.</summary>
internal sealed class WaitingLine
{
    private readonly List<Waiter> _byDue = [];

    internal bool IsFull => _byDue.Count >= Bookings.Most;

    internal Waiter? First => _byDue.Count > 0 ? _byDue[0] : null;

    internal IEnumerable<Booking> Promised => _byDue.Select(waiter => waiter.Booking);

    internal Waiter? Find(string requestId) => _byDue.Find(waiter => waiter.Request.RequestId == requestId);

    internal bool Has(string fingerprint) => _byDue.Exists(waiter => waiter.Request.Fingerprint == fingerprint);

    internal void Add(Waiter waiter) => _byDue.Insert(_byDue.FindLastIndex(before => before.Booking.Due <= waiter.Booking.Due) + 1, waiter);

    internal void Remove(Waiter waiter) => _byDue.Remove(waiter);
}
