using Herd.Faults.Clients;
using Herd.Faults.Histories;
using Herd.Protos.V1;

namespace Herd.Faults.Load;

/// <summary>Compares what a client knows of a conversation with what is stored.</summary>
internal sealed class ConversationCheck(LoadContext context, LoadTenant tenant)
{
    /// <summary>Compares.</summary>
    /// <param name="record">What is known.</param>
    /// <param name="gateway">Which gateway is asked first.</param>
    /// <param name="abort">Ends the run.</param>
    public async Task CompareAsync(ConversationRecord record, int gateway, CancellationToken abort)
    {
        context.Counts.Operation("conversations compared");
        var operation = new Operation($"tenant-{tenant.Number}", $"all turns of {record.Id}", context.Clock);
        ListTurnsResponse? listed = null;
        await context.Client.TryAsync(operation, gateway, canGoOn: true, async watch =>
        {
            var list = new ListTurnsRequest { ConversationId = record.Id, PageSize = 100 };
            listed = await tenant.Clients.Conversations(watch.Gateway).ListTurnsAsync(list, tenant.Clients.Metadata, cancellationToken: watch.Token);
            return true;
        }, abort);
        foreach (var difference in listed is null ? [] : TurnComparison.Of(record, listed.Turns))
        {
            context.Findings.Add(
                difference.Kind, $"{operation.Who}: turn {difference.Turn.TurnId} of {record.Id}", record.Began, difference.Expected, difference.Found, [.. difference.Turn.History, .. operation.History]);
        }

        // What has been right once is only compared again.
        record.Turns.ForEach(turn => turn.History = []);
    }
}
