using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Herd.Gateway.Hosting.Bundles;
using Herd.Silo.Startup;

namespace Herd.Gateway.Hosting;

/// <summary>What a start brought about.</summary>
/// <param name="Keys">Keys that were made now.</param>
/// <param name="Adapters">What the demo tenant can try, where the bundled model is served.</param>
internal sealed record FirstStartResult(IReadOnlyList<TenantKey> Keys, IReadOnlyList<DemoAdapter> Adapters);

/// <summary>An adapter of the demo tenant.</summary>
/// <param name="Name">Its name.</param>
/// <param name="TakesPictures">Whether a picture may be sent.</param>
internal sealed record DemoAdapter(string Name, bool TakesPictures);

/// <summary>Makes what a first try needs: the demo tenant, and of the bundled model all tenants and adapters.</summary>
internal sealed class FirstStart(StartupSettings startup, FirstTenants tenants, BundlePublisher bundled, TimeProvider time)
{
    /// <summary>The environment variable with the demo tenant's key.</summary>
    public const string DemoKeyVariable = "HERD_DEMO_KEY";

    /// <summary>The tenant of a first try.</summary>
    public const string DemoTenant = "demo";

    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    /// <summary>Whether the bundled model's adapters are still to be published.</summary>
    public bool IsPublishing { get; private set; } = startup.Bundle is not null;

    /// <summary>Makes what is missing of it.</summary>
    /// <param name="chosenKey">The operator's choice of the demo tenant's key; null to have one made.</param>
    /// <param name="cancellationToken">Stops the call; the next start goes on.</param>
    /// <returns>What there is now.</returns>
    /// <exception cref="StartupException">The operator's key, or a bundled adapter, cannot be used.</exception>
    public async Task<FirstStartResult> EnsureAsync(string? chosenKey, CancellationToken cancellationToken)
    {
        CallerContext.SetSystem();
        var keys = new List<TenantKey>();
        while (true)
        {
            try
            {
                var adapters = await MakeAsync(chosenKey, keys, cancellationToken);
                IsPublishing = false;
                return new FirstStartResult(keys, adapters);
            }
            catch (Exception exception) when (exception.IsLoss() || exception is HerdException { Code: HerdErrorCode.Unavailable or HerdErrorCode.LimitExceeded })
            {
                // Silos come and go; the gateway stays.
                await Task.Delay(RetryInterval, time, cancellationToken);
            }
        }
    }

    private async Task<IReadOnlyList<DemoAdapter>> MakeAsync(string? chosenKey, List<TenantKey> keys, CancellationToken cancellationToken)
    {
        await tenants.EnsureAsync(DemoTenant, cancellationToken);
        if (startup.Bundle is not { } bundle)
        {
            await GiveKeyAsync(DemoTenant, chosenKey, keys, cancellationToken);
            return [];
        }

        await using var ledger = await BundleLedger.OpenAsync(startup.DataFolder, cancellationToken);
        var owners = new List<string>();
        foreach (var share in bundle.Shares)
        {
            await tenants.EnsureAsync(share.Tenant, cancellationToken);
            if (share.Tenant != DemoTenant && !ledger.Knows(share.Tenant) && await tenants.HasKeyAsync(share.Tenant, cancellationToken))
            {
                // Somebody else's, of the same name.
                continue;
            }

            await bundled.GiveAsync(share, ledger, cancellationToken);
            owners.Add(share.Tenant);
        }

        // Last: a start that is killed before has shown nobody a key, and the next one makes them.
        foreach (var tenant in owners)
        {
            await GiveKeyAsync(tenant, tenant == DemoTenant ? chosenKey : null, keys, cancellationToken);
        }

        return [.. (await bundled.ListAsync(DemoTenant, cancellationToken)).Select(found => new DemoAdapter(found.Name, found.Versions[0].TakesPictures))];
    }

    private async Task GiveKeyAsync(string tenant, string? chosenKey, List<TenantKey> keys, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrEmpty(chosenKey))
        {
            await tenants.ImportKeyAsync(tenant, chosenKey, cancellationToken);
        }
        else if (await tenants.EnsureKeyAsync(tenant, cancellationToken) is { } made)
        {
            keys.Add(made);
        }
    }
}
