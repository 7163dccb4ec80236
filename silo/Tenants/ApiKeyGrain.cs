using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Silo.Placement;

namespace Herd.Silo.Tenants;

/// <summary>Reads the key's row at every check: that is cheap, and a revocation counts at once.</summary>
[DevicePlacement, CollectionAgeLimit(Minutes = 2)]
internal sealed class ApiKeyGrain(TenantRepository tenants, TimeProvider time) : Grain, IApiKeyGrain
{
    public async Task<KeyIdentity?> Verify(string secret, CancellationToken cancellationToken)
    {
        var id = GrainKeys.OwnName(this.GetPrimaryKeyString());
        var key = await tenants.FindKeyAsync(id, cancellationToken);
        if (KeySecrets.Matches(key, secret, time.GetUtcNow()))
        {
            return new KeyIdentity(key!.Tenant, id) { ExpiresAt = key.Description.ExpiresAt };
        }

        // Guessed ids must not fill the memory.
        DeactivateOnIdle();
        return null;
    }
}
