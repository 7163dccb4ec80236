using Herd.Faults.Clients;
using Herd.Faults.Findings;
using Herd.Protos.V1;

namespace Herd.Faults.Load;

/// <summary>Uploads versions, and moves the tenant's alias to and fro: the only one who does.</summary>
internal sealed class AdapterWorker(LoadContext context, LoadTenant tenant) : Worker(context, tenant, "adapter", 1)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    // A call that reached a part which then slept may be carried out when that wakes.
    private static readonly TimeSpan LateCalls = TimeSpan.FromSeconds(3);

    private string _current = tenant.Versions.Single(digest => tenant.Live.Possible(TimeSpan.Zero, TimeSpan.Zero).Contains(digest));
    private string? _before;

    protected override TimeSpan Rest => TimeSpan.FromSeconds(2);

    private AdapterService.AdapterServiceClient ClientOf(AttemptWatch watch) => new(Tenant.Clients.Channels[watch.Gateway]);

    protected override Task DoAsync(CancellationToken abort) => Random.Next(4) switch
    {
        0 => UploadAsync(abort),
        1 when _before is { } before => RollBackAsync(before, abort),
        _ => MoveAsync(abort),
    };

    private Task<bool> UploadAsync(CancellationToken abort)
    {
        var form = Any(AdapterForm.All);
        var operation = Begin("uploads", $"upload of {form}");
        return TryAsync(operation, canGoOn: true, async watch =>
        {
            Tenant.Acknowledge(await Requests.UploadAsync(Tenant.Clients, watch.Gateway, form, watch.Token), form.Voice);
            return true;
        }, abort);
    }

    private async Task MoveAsync(CancellationToken abort)
    {
        var next = Any([.. Tenant.Versions.Where(version => version != _current).Order(StringComparer.Ordinal)]);
        var operation = Begin("alias moves", $"alias from {_current} to {next}");
        Tenant.Live.Begin([next], Context.Clock.Now);
        var isMoved = await TryAsync(operation, canGoOn: true, async watch =>
        {
            var move = new MoveAliasRequest { Name = Requests.Adapter, Alias = Requests.Alias, Version = next };
            return IsThere(operation, next, await ClientOf(watch).MoveAliasAsync(move, Tenant.Clients.Metadata, cancellationToken: watch.Token));
        }, abort);
        if (isMoved)
        {
            await SettleAsync(operation, abort);
            Tenant.Live.Acknowledge(Context.Clock.Now);
        }

        (_before, _current) = (isMoved ? _current : null, next);
    }

    private async Task RollBackAsync(string before, CancellationToken abort)
    {
        var operation = Begin("roll backs", $"alias back from {_current} to {before}");
        Tenant.Live.Begin([before], Context.Clock.Now);
        var isBack = await TryAsync(operation, canGoOn: true, async watch =>
        {
            var back = new RollBackRequest { Name = Requests.Adapter, Alias = Requests.Alias };
            var adapter = await ClientOf(watch).RollBackAsync(back, Tenant.Clients.Metadata, cancellationToken: watch.Token);
            return operation.Attempts.Count > 0 || IsThere(operation, before, adapter);
        }, abort);
        (_before, _current) = (null, before);
        if (isBack && operation.Attempts.Count == 1)
        {
            Tenant.Live.Acknowledge(Context.Clock.Now);
            return;
        }

        // Going back twice goes back further. Only a move says again where the alias is.
        Tenant.Live.Begin([.. Tenant.Versions], Context.Clock.Now);
        await SettleAsync(operation, abort);
        await MoveAsync(abort);
    }

    /// <summary>Where it is not known what became of a call, waits until it can do nothing any more.</summary>
    private async Task SettleAsync(Operation operation, CancellationToken abort)
    {
        if (operation.IsUncertain)
        {
            do
            {
                await Task.Delay(Look, abort);
            }
            while (!Context.Faults.IsCalm);
            await Task.Delay(LateCalls, abort);
        }
    }

    private bool IsThere(Operation operation, string version, Adapter adapter)
    {
        if (adapter.Aliases.GetValueOrDefault(Requests.Alias) is var found && found == version)
        {
            return true;
        }

        Context.Findings.Add(FindingKind.PublicationLost, operation, version, found ?? "no alias");
        return false;
    }
}
