using System.Runtime.CompilerServices;
using Herd.Contracts.Adapters;
using Herd.Contracts.Tenants;

namespace Herd.Gateway.Serving;

/// <summary>A running stateless request.</summary>
/// <param name="requestId">Names the request in logs.</param>
/// <param name="version">The version in force; null for the bare base.</param>
/// <param name="steps">The updates of all answers.</param>
/// <param name="meter">Holds the request's places and counts what is read.</param>
/// <param name="removePicture">Removes what was stored for the request.</param>
internal sealed class GenerationCall(
    string requestId, AdapterVersion? version, DrainedStream<GenerationStep> steps, UsageMeter meter, Func<Task> removePicture) : IAsyncDisposable
{
    /// <summary>Names the request in logs.</summary>
    public string RequestId => requestId;

    /// <summary>The version in force, fixed for the whole request; null for the bare base.</summary>
    public AdapterVersion? Version => version;

    /// <summary>Reads the updates of all answers as they come; each is on the tenant's account before it is seen here.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The updates.</returns>
    public async IAsyncEnumerable<GenerationStep> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var step in steps.ReadAsync(cancellationToken))
        {
            await meter.CountAsync(step.Index, step.Update, cancellationToken);
            yield return step;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // The places come free when the sequences have ended, not before.
        await steps.DisposeAsync();
        await meter.DisposeAsync();
        await removePicture();
    }
}
