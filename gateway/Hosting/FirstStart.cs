using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Silo.Startup;

namespace Herd.Gateway.Hosting;

/// <summary>Makes the tenant that a first try needs.</summary>
internal sealed class FirstStart(IGrainFactory grains)
{
    /// <summary>The environment variable with the demo tenant's key.</summary>
    public const string DemoKeyVariable = "HERD_DEMO_KEY";

    private const string DemoTenant = "demo";

    /// <summary>Makes the demo tenant where it is missing, and its key.</summary>
    /// <param name="chosenKey">The operator's choice of a key; null to have one made.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The key: the operator's, or one made now; null where the tenant was there before.</returns>
    /// <exception cref="StartupException">The operator's key cannot be used.</exception>
    public async Task<string?> EnsureDemoAsync(string? chosenKey, CancellationToken cancellationToken)
    {
        CallerContext.SetSystem();
        var tenants = grains.GetGrain<ITenantDirectoryGrain>(GrainKeys.TenantDirectory);
        var isNew = await CreateAsync(tenants, cancellationToken);
        if (string.IsNullOrEmpty(chosenKey))
        {
            return isNew ? (await tenants.CreateKey(DemoTenant, "first start", expiresAt: null, cancellationToken)).Key : null;
        }

        try
        {
            await tenants.ImportKey(DemoTenant, DemoKeyVariable, chosenKey, cancellationToken);
            return chosenKey;
        }
        catch (HerdException error)
        {
            throw new StartupException(
                $"{DemoKeyVariable} cannot be used: {error.Message}", "Set another key, or unset the variable to have one made.");
        }
    }

    private static async Task<bool> CreateAsync(ITenantDirectoryGrain tenants, CancellationToken cancellationToken)
    {
        try
        {
            await tenants.CreateTenant(DemoTenant, limits: null, cancellationToken);
            return true;
        }
        catch (HerdException error) when (error.Code == HerdErrorCode.AlreadyExists)
        {
            return false;
        }
    }
}
