using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Microsoft.Extensions.Logging;

namespace Herd.Silo.Tenants;

/// <summary>A tenant's requests under way: who is let in, and what they use.</summary>
/// <remarks>
/// What a request may pass on is in its row before it is let in and before it goes beyond; the rows are the truth, and whoever opens the account next goes on
/// from them (docs/design/0020-usage-and-limits.md). Calls interleave: everything between two awaits is one step.
/// </remarks>
internal sealed class TenantAccount(TenantDescription tenant, UsageRepository usage, TimeProvider time, ILogger logger)
{
    /// <summary>How long a request may be silent before it is taken for dead.</summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    /// <summary>How long whoever came back on time waits for a place before he is told another time.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Admission _admission = new(tenant.Limits, time);
    private readonly Dictionary<string, OpenRequest> _open = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (UsageMark Used, bool IsDead)> _unsettled = new(StringComparer.Ordinal);

    internal TenantDescription Tenant { get; private set; } = tenant;

    /// <summary>Reads the requests that were let in before; each has its lifetime to be heard of.</summary>
    internal async Task LoadAsync(CancellationToken cancellationToken)
    {
        foreach (var row in await usage.ListOpenAsync(Tenant.Name, cancellationToken))
        {
            _open.TryAdd(row.RequestId, new OpenRequest(row, time.GetUtcNow()));
        }
    }

    internal void Change(TenantDescription tenant)
    {
        if (Tenant.Limits != tenant.Limits)
        {
            _admission.Change(tenant.Limits);
        }

        Tenant = tenant;
    }

    internal async Task<AdmissionGrant> AdmitAsync(AdmissionRequest request, string keyId, CancellationToken cancellationToken)
    {
        Check(request);
        request = request with { PromptTokens = Math.Max(0, request.PromptTokens), AnswerTokens = Math.Max(0, request.AnswerTokens) };
        if (!_open.TryGetValue(request.RequestId, out var open))
        {
            if (request.Continues is { } beginning)
            {
                open = await TakeOverAsync(request, beginning, keyId, cancellationToken);
            }
            else
            {
                await EnterAsync(request, cancellationToken);
                open = await OpenAsync(OpenUsage.Of(Tenant.Name, keyId, request, time.GetUtcNow()), cancellationToken);
            }
        }

        return new AdmissionGrant(Tenant.Limits.Weight, open.Row.GeneratedTokens);
    }

    internal async Task MarkAsync(UsageMark mark, CancellationToken cancellationToken)
    {
        if (!_open.ContainsKey(mark.RequestId))
        {
            await LoadAsync(cancellationToken);
        }

        Renew(mark.RequestId);
        var open = _open.GetValueOrDefault(mark.RequestId) ?? throw Lost();
        _admission.Correct(mark);
        if (open.Row.Covers(mark))
        {
            return;
        }

        var row = open.Row.With(mark);
        if (!await usage.MarkAsync(row, cancellationToken))
        {
            _open.Remove(mark.RequestId);
            throw Lost();
        }

        open.Row = row;
    }

    internal void Renew(string requestId)
    {
        if (!_open.TryGetValue(requestId, out var open))
        {
            return;
        }

        open.HeardOf = time.GetUtcNow();
        if (!_admission.IsInside(requestId))
        {
            _admission.Adopt(requestId, open.Row.Sequences, charged: 0);
        }
    }

    internal Task SettleAsync(UsageMark used) => SettleAsync(used, isDead: false);

    private async Task SettleAsync(UsageMark used, bool isDead)
    {
        if (!used.Started && _open.GetValueOrDefault(used.RequestId) is { IsTakenOver: true } open)
        {
            // What it was before may have been passed on.
            used = open.Row.ToMark();
        }

        _admission.Leave(used);
        _open.Remove(used.RequestId);
        try
        {
            await usage.SettleAsync(Tenant.Name, used, isDead, CancellationToken.None);
            _unsettled.Remove(used.RequestId);
        }
        catch (HerdException exception)
        {
            // What it reserved stays counted until then.
            logger.LogWarning(exception, "The usage of request {RequestId} of {Tenant} could not be settled; it is tried again.", used.RequestId, Tenant.Name);
            _unsettled[used.RequestId] = (used, isDead);
        }
    }

    /// <summary>Settles what could not be settled before, and requests that have not been heard of for too long.</summary>
    internal async Task SweepAsync()
    {
        var silentSince = time.GetUtcNow() - Lifetime;
        var dead = _open.Values.Where(open => open.HeardOf < silentSince).Select(open => open.Row.ToMark()).ToArray();
        foreach (var mark in dead)
        {
            logger.LogWarning("Request {RequestId} of {Tenant} has not been heard of; it is counted with all it may have passed on.", mark.RequestId, Tenant.Name);
        }

        foreach (var (used, isDead) in _unsettled.Values.Concat(dead.Select(mark => (mark, true))).ToArray())
        {
            await SettleAsync(used, isDead);
        }
    }

    private void Check(AdmissionRequest request)
    {
        if (request.Pictures > Tenant.Limits.PicturesPerRequest)
        {
            throw HerdException.Quota(
                LimitNames.PicturesPerRequest, $"The request brings {request.Pictures} pictures; the tenant may send {Tenant.Limits.PicturesPerRequest} with one.");
        }
    }

    private async Task EnterAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        var entering = _admission.EnterAsync(request);
        try
        {
            await entering.WaitAsync(Patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            _admission.GiveUp(request.RequestId);
        }
        catch (OperationCanceledException)
        {
            _admission.Leave(new UsageMark { RequestId = request.RequestId });
            throw;
        }

        if (await entering is { } refusal)
        {
            throw refusal;
        }
    }

    private async Task<OpenRequest> OpenAsync(OpenUsage row, CancellationToken cancellationToken)
    {
        var nothing = new UsageMark { RequestId = row.RequestId };
        try
        {
            await usage.OpenAsync(row, cancellationToken);
        }
        catch
        {
            // Whether the row was written is not known here.
            await SettleAsync(nothing);
            throw;
        }

        if (!_admission.IsInside(row.RequestId))
        {
            // Settled meanwhile: its caller has given up.
            await SettleAsync(nothing);
            throw Lost();
        }

        return _open[row.RequestId] = new OpenRequest(row, time.GetUtcNow());
    }

    /// <summary>Goes on with a request that another process began. What that one still holds of it counts no more.</summary>
    private async Task<OpenRequest> TakeOverAsync(AdmissionRequest request, string beginning, string keyId, CancellationToken cancellationToken)
    {
        var row = await usage.TakeOverAsync(Tenant.Name, beginning, request.RequestId, cancellationToken);
        if (row is null)
        {
            row = OpenUsage.Of(Tenant.Name, keyId, request, time.GetUtcNow());
            await usage.OpenAsync(row, cancellationToken);
        }

        foreach (var before in _open.Values.Where(open => open.Row.RequestId.StartsWith(beginning, StringComparison.Ordinal)).ToArray())
        {
            _admission.Leave(before.Row.ToMark());
            _open.Remove(before.Row.RequestId);
        }

        _admission.Adopt(row.RequestId, row.Sequences, charged: row.PromptTokens + row.GeneratedTokens);
        return _open[row.RequestId] = new OpenRequest(row, time.GetUtcNow()) { IsTakenOver = true };
    }

    private static HerdException Lost() => new(
        HerdErrorCode.Unavailable, "The request was taken for dead and its account was closed. Send it again.") { RetryAfter = TimeSpan.FromSeconds(1) };

    private sealed class OpenRequest(OpenUsage row, DateTimeOffset heardOf)
    {
        internal OpenUsage Row { get; set; } = row;

        internal bool IsTakenOver { get; init; }

        internal DateTimeOffset HeardOf { get; set; } = heardOf;
    }
}
