using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;

namespace Herd.Silo.Tenants;

/// <summary>A request that came back on time and waits for its place.</summary>
internal sealed class Waiter(AdmissionRequest request, Booking booking)
{
    private readonly TaskCompletionSource<HerdException?> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal AdmissionRequest Request => request;

    internal Booking Booking => booking;

    /// <summary>Ends with null where it is let in, else with the reason why not.</summary>
    internal Task<HerdException?> Ended => _end.Task;

    internal void End(HerdException? refusal) => _end.SetResult(refusal);
}
