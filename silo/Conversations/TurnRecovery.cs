using Herd.Contracts.Conversations;
using Herd.Contracts.Keys;
using Herd.Contracts.Models;
using Herd.Contracts.Routing;
using Herd.Contracts.Tenants;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Herd.Silo.Conversations;

/// <summary>Wakes conversations whose turn was accepted and has not ended: one whose process died goes on though nobody asks for it.</summary>
internal sealed class TurnRecovery(
    ConversationRepository conversations, RoutingTable table, IGrainFactory grains, TimeProvider time, ILogger<TurnRecovery> logger) : BackgroundService
{
    private const int Most = 256;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        CallerContext.SetSystem();
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            try
            {
                await WakeAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                logger.LogWarning(exception, "Unfinished turns could not be looked for; trying again in {Period}.", Period);
            }
        }
    }

    private async Task WakeAsync(CancellationToken cancellationToken)
    {
        if (table.Replicas.All(replica => replica.State != ReplicaState.Ready))
        {
            return;
        }

        // A younger turn is in the hands of whoever accepted it.
        foreach (var (tenant, id) in await conversations.ListRunningAsync(time.GetUtcNow() - Period, Most, cancellationToken).ConfigureAwait(false))
        {
            var waking = grains.GetGrain<IConversationGrain>(GrainKeys.Conversation(tenant, id)).Describe(cancellationToken);
            await ((Task)waking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
