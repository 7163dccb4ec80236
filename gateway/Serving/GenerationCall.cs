using Herd.Contracts.Adapters;

namespace Herd.Gateway.Serving;

/// <summary>A running stateless request.</summary>
/// <param name="requestId">Names the request in logs.</param>
/// <param name="version">The version in force; null for the bare base.</param>
/// <param name="steps">The updates of all answers.</param>
/// <param name="places">The places taken.</param>
internal sealed class GenerationCall(string requestId, AdapterVersion? version, DrainedStream<GenerationStep> steps, Places places) : IAsyncDisposable
{
    /// <summary>Names the request in logs.</summary>
    public string RequestId => requestId;

    /// <summary>The version in force, fixed for the whole request; null for the bare base.</summary>
    public AdapterVersion? Version => version;

    /// <summary>The updates of all answers as they come; of one answer in order.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The updates; the end comes when all answers are complete.</returns>
    /// <exception cref="Contracts.Errors.HerdException">An answer failed; the others were ended.</exception>
    public IAsyncEnumerable<GenerationStep> ReadAsync(CancellationToken cancellationToken) => steps.ReadAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // The places come free when the sequences have ended, not before.
        await steps.DisposeAsync();
        await places.DisposeAsync();
    }
}
