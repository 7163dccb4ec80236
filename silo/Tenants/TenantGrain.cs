using System.Collections.Immutable;
using Herd.Contracts.Adapters;
using Herd.Contracts.Blobs;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Contracts.Training;
using Herd.Silo.Adapters;
using Herd.Silo.Conversations;
using Herd.Silo.Placement;
using Herd.Silo.Training;
using Microsoft.Extensions.Logging;

namespace Herd.Silo.Tenants;

/// <summary>Admits a tenant's requests, keeps account of what they use, and lists what the tenant owns.</summary>
[DevicePlacement]
internal sealed class TenantGrain(
    TenantRepository tenants,
    UsageRepository usage,
    AdapterRepository adapters,
    ConversationRepository conversations,
    TurnRepository turns,
    JobRepository jobs,
    TimeProvider time,
    ILogger<TenantGrain> logger) : Grain, ITenantGrain
{
    private const int MaxPage = 100;
    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(5);

    private Task<TenantAccount>? _account;
    private DateTimeOffset _readAt;

    private string Name => GrainKeys.OwningTenant(this.GetPrimaryKeyString())!;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        this.RegisterGrainTimer(SweepAsync, new GrainTimerCreationOptions(SweepPeriod, SweepPeriod));
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => SweepAsync(cancellationToken);

    public async Task<AdmissionGrant> Admit(AdmissionRequest request, CancellationToken cancellationToken) =>
        await (await CurrentAccountAsync()).AdmitAsync(request, CallerContext.KeyId, cancellationToken);

    public async Task Mark(UsageMark mark, CancellationToken cancellationToken) => await (await AccountAsync()).MarkAsync(mark, cancellationToken);

    public async Task Renew(string requestId, CancellationToken cancellationToken) => (await AccountAsync()).Renew(requestId);

    public async Task Settle(UsageMark used) => await (await AccountAsync()).SettleAsync(used);

    public async Task<ImmutableArray<UsageRow>> GetUsage(UsageQuery query, CancellationToken cancellationToken)
    {
        await RequireAsync(cancellationToken);
        return await usage.ReadAsync(Name, query, cancellationToken);
    }

    public Task<TenantDescription> Describe(CancellationToken cancellationToken) => RequireAsync(cancellationToken);

    public Task LimitsChanged(CancellationToken cancellationToken)
    {
        _readAt = default;
        return CurrentAccountAsync();
    }

    public async Task<ImmutableArray<AdapterDescription>> ListAdapters(CancellationToken cancellationToken)
    {
        await RequireAsync(cancellationToken);
        return await adapters.ListAsync(Name, cancellationToken);
    }

    public async Task<ImmutableArray<ConversationDescription>> ListConversations(
        ConversationCursor? after, int count, CancellationToken cancellationToken)
    {
        RequirePage(count);
        await RequireAsync(cancellationToken);
        return await conversations.ListAsync(Name, after, count, cancellationToken);
    }

    public async Task<ImmutableArray<TrainingJobDescription>> ListTrainingJobs(TrainingJobCursor? after, int count, CancellationToken cancellationToken)
    {
        RequirePage(count);
        await RequireAsync(cancellationToken);
        return await jobs.ListAsync(Name, after, count, cancellationToken);
    }

    public Task<BlobRef?> FindPicture(string digest, CancellationToken cancellationToken) => turns.FindPictureAsync(Name, digest, cancellationToken);

    /// <summary>The account, opened once. What ends a request needs no limits, so it reaches the account while the database is away.</summary>
    private Task<TenantAccount> AccountAsync() => _account = _account is null or { IsFaulted: true } ? OpenAsync() : _account;

    /// <summary>The account; its limits are read anew every few seconds, for the word that they changed may be lost.</summary>
    private async Task<TenantAccount> CurrentAccountAsync()
    {
        var account = await AccountAsync();
        if (time.GetUtcNow() - _readAt >= SweepPeriod)
        {
            _readAt = time.GetUtcNow();
            account.Change(await RequireAsync(CancellationToken.None));
        }

        return account;
    }

    private async Task<TenantAccount> OpenAsync()
    {
        var account = new TenantAccount(await RequireAsync(CancellationToken.None), usage, time, logger);
        await account.LoadAsync(CancellationToken.None);
        _readAt = time.GetUtcNow();
        return account;
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        if (_account is { IsCompletedSuccessfully: true } opened)
        {
            await (await opened).SweepAsync();
        }
    }

    private static void RequirePage(int count)
    {
        if (count is < 1 or > MaxPage)
        {
            throw HerdException.Invalid("count", $"'count' must be 1 to {MaxPage}, not {count}.");
        }
    }

    private async Task<TenantDescription> RequireAsync(CancellationToken cancellationToken) =>
        await tenants.FindAsync(Name, cancellationToken) ?? throw HerdException.NotFound($"Tenant '{Name}'");
}
