using System.Collections.Immutable;
using Herd.Contracts.Adapters;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Silo.Adapters;
using Herd.Silo.Conversations;

namespace Herd.Silo.Tenants;

/// <summary>Admits a tenant's requests and lists what it owns.</summary>
internal sealed class TenantGrain(
    TenantRepository tenants, AdapterRepository adapters, ConversationRepository conversations, TimeProvider time) : Grain, ITenantGrain
{
    private const int MaxPage = 100;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private Admission? _admission;

    private string Name => GrainKeys.OwningTenant(this.GetPrimaryKeyString())!;

    public async Task Admit(string requestId, CancellationToken cancellationToken)
    {
        _admission ??= new Admission((await RequireAsync(cancellationToken)).Limits.ConcurrentSequences, time);
        if (!_admission.TryEnter(requestId))
        {
            throw new HerdException(
                HerdErrorCode.LimitExceeded,
                $"All {_admission.Places} concurrent requests of the tenant are in use. Wait for one to end.") { RetryAfter = RetryAfter };
        }
    }

    public Task Release(string requestId)
    {
        _admission?.Leave(requestId);
        return Task.CompletedTask;
    }

    public async Task<ImmutableArray<AdapterDescription>> ListAdapters(CancellationToken cancellationToken)
    {
        await RequireAsync(cancellationToken);
        return await adapters.ListAsync(Name, cancellationToken);
    }

    public async Task<ImmutableArray<ConversationDescription>> ListConversations(
        DateTimeOffset? before, int count, CancellationToken cancellationToken)
    {
        if (count is < 1 or > MaxPage)
        {
            throw HerdException.Invalid("count", $"'count' must be 1 to {MaxPage}, not {count}.");
        }

        await RequireAsync(cancellationToken);
        return await conversations.ListAsync(Name, before, count, cancellationToken);
    }

    private async Task<TenantDescription> RequireAsync(CancellationToken cancellationToken) =>
        await tenants.FindAsync(Name, cancellationToken) ?? throw HerdException.NotFound($"Tenant '{Name}'");
}
