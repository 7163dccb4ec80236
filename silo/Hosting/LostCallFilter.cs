namespace Herd.Silo.Hosting;

/// <summary>Stands behind every call to a grain: one that is cancelled although its caller waits on has met a silo that is gone.</summary>
/// <remarks>Orleans cancels calls whose target, or whose entry in the grain directory, was on a silo that is voted dead.</remarks>
internal sealed class LostCallFilter : IOutgoingGrainCallFilter
{
    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        try
        {
            await context.Invoke().ConfigureAwait(true);
        }
        catch (OperationCanceledException exception) when (!context.Request.GetCancellationToken().IsCancellationRequested)
        {
            throw new SiloUnavailableException("The silo that was asked was taken for dead.", exception);
        }
    }
}
