using System.Data.Common;
using System.Runtime.CompilerServices;
using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Herd.Silo.Storage;
using Microsoft.Extensions.Logging;

namespace Herd.Silo.Hosting;

/// <summary>Stands before every grain: the caller's tenant must own the target, and only errors that can be read elsewhere leave.</summary>
/// <remarks>
/// Streams arrive under an interface of Orleans' own, and answer with errors instead of throwing them; the target's key and the result tell the same for
/// them as for ordinary calls.
/// </remarks>
internal sealed class TenantCallFilter(ILogger<TenantCallFilter> logger) : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        var key = context.TargetId.Key.ToString() ?? "";
        if (context.TargetId.IsSystemTarget() || !IsHerdKey(key))
        {
            await context.Invoke();
            return;
        }

        // What a grain asks of itself, its timers among it, is made for nobody.
        if (context.SourceId != context.TargetId)
        {
            CallerContext.Check(key);
        }

        try
        {
            await context.Invoke();
        }
        catch (Exception exception) when (IsForeign(exception))
        {
            throw Translate(exception, context);
        }

        if (context is { Result: ITuple { Length: 2 } pair } && pair[1] is Exception streamed && IsForeign(streamed))
        {
            throw Translate(streamed, context);
        }
    }

    private static bool IsHerdKey(string key) => key.Length > 1 && key[1] == ':';

    private static bool IsForeign(Exception exception) =>
        exception is not (HerdException or OperationCanceledException) && !exception.IsLoss();

    private HerdException Translate(Exception exception, IIncomingGrainCallContext context)
    {
        logger.LogError(exception, "{Interface}.{Method} of {Grain} failed.", context.InterfaceName, context.MethodName, context.TargetId);
        return exception is DbException ? Database.Unavailable : new HerdException(HerdErrorCode.Internal, "Herd failed. Its log says why.");
    }
}
