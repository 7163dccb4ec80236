using System.Security.Cryptography;
using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Gateway.Adapters;
using Herd.Silo.Startup;

namespace Herd.Gateway.Hosting.Bundles;

/// <summary>Publishes bundled adapters on the path of uploads, each once, and leaves alone what its owner has made of it since.</summary>
internal sealed class BundlePublisher(IGrainFactory grains, AdapterPublisher publisher, ILogger<BundlePublisher> logger)
{
    /// <summary>Gives a tenant what it was not given before.</summary>
    /// <param name="share">What it is to have.</param>
    /// <param name="ledger">What it was given.</param>
    /// <param name="cancellationToken">Stops the call; what was published stays.</param>
    /// <returns>A task.</returns>
    /// <exception cref="StartupException">A file cannot be read, or does not fit the base.</exception>
    /// <exception cref="HerdException">The cluster cannot do it now.</exception>
    public async Task GiveAsync(BundleShare share, BundleLedger ledger, CancellationToken cancellationToken)
    {
        var present = await ListAsync(share.Tenant, cancellationToken);
        foreach (var adapter in share.Adapters)
        {
            var file = await DigestAsync(adapter.File, cancellationToken);
            var before = ledger.Find(share.Tenant, adapter.Name);
            if (before?.File == file)
            {
                continue;
            }

            var latest = present.FirstOrDefault(found => found.Name == adapter.Name)?.Aliases.GetValueOrDefault(IAdapterGrain.DefaultAlias);
            if (before is not null && latest is null)
            {
                // Its owner deleted it, and wants no other one either.
                ledger.Add(before with { File = file });
                continue;
            }

            // The alias is moved on only from where a bundle put it.
            var alias = latest == before?.Version ? IAdapterGrain.DefaultAlias : null;
            if (await PublishAsync(share.Tenant, adapter, alias, cancellationToken) is { } version)
            {
                ledger.Add(new BundleEntry(share.Tenant, adapter.Name, file, version));
            }
        }
    }

    /// <summary>The adapters of a tenant.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The adapters, by name.</returns>
    public async Task<IReadOnlyList<AdapterDescription>> ListAsync(string tenant, CancellationToken cancellationToken) =>
        await grains.GetGrain<ITenantGrain>(GrainKeys.Tenant(tenant)).ListAdapters(cancellationToken);

    /// <returns>The version; null where the tenant's limits have no room for it.</returns>
    private async Task<string?> PublishAsync(string tenant, BundledAdapter adapter, string? alias, CancellationToken cancellationToken)
    {
        try
        {
            await using var content = File.OpenRead(adapter.File);
            var upload = new AdapterUpload(tenant, adapter.Name, alias, new AdapterSettings(), Experts: null);
            return await publisher.PublishAsync(upload, content, content.Length, cancellationToken);
        }
        catch (HerdException exception) when (exception.Code == HerdErrorCode.QuotaExceeded)
        {
            logger.LogWarning("Tenant {Tenant} does not get the bundled adapter {Adapter}: {Reason}", tenant, adapter.Name, exception.Message);
            return null;
        }
        catch (HerdException exception) when (exception.Code is HerdErrorCode.InvalidFile or HerdErrorCode.IncompatibleAdapter or HerdErrorCode.InvalidArgument)
        {
            throw new StartupException(
                $"The bundled adapter {adapter.File} cannot be served. {exception.Message}", "Restore the file, or take it out of the folder.");
        }
    }

    private static async Task<string> DigestAsync(string file, CancellationToken cancellationToken)
    {
        await using var content = File.OpenRead(file);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken));
    }
}
