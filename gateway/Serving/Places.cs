using Herd.Contracts.Tenants;

namespace Herd.Gateway.Serving;

/// <summary>The places that a request holds among its tenant's sequences.</summary>
internal sealed class Places(ITenantGrain tenant, ILogger logger) : IAsyncDisposable
{
    private readonly List<string> _held = [];

    /// <summary>Takes a place.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>A task.</returns>
    /// <exception cref="Contracts.Errors.HerdException">The tenant is over its limit.</exception>
    public async Task TakeAsync(string id, CancellationToken cancellationToken)
    {
        // Noted first: a call that was cut off may have taken the place all the same, and giving back what was not taken is no error.
        _held.Add(id);
        await tenant.Admit(id, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var id in _held)
        {
            try
            {
                await tenant.Release(id);
            }
            catch (Exception exception)
            {
                // The place falls free by itself after a while; the answer is out already.
                logger.LogWarning(exception, "The place of request {RequestId} could not be given back.", id);
            }
        }
    }
}
