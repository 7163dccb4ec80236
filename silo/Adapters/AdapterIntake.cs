using System.Collections.Immutable;
using Herd.Contracts.Adapters;
using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Engine.Adapters;
using Herd.Silo.Devices;
using Herd.Silo.Storage;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Adapters;

/// <summary>Makes a durable version of an upload. Known content takes the same path as new content.</summary>
internal sealed class AdapterIntake(
    DeviceHosts devices,
    IBlobStore blobs,
    BlobReferences references,
    AdapterRepository adapters,
    IOptions<AdapterOptions> options,
    TimeProvider time)
{
    /// <summary>Checks an upload, stores its components, and then its row.</summary>
    /// <exception cref="HerdException">The file is wrong, does not fit the base, or a limit is reached.</exception>
    internal async Task<AdapterVersion> TakeAsync(string tenant, string adapter, PublishRequest request, CancellationToken cancellationToken)
    {
        var path = await blobs.GetPathAsync(request.Upload, cancellationToken).ConfigureAwait(false)
            ?? throw HerdException.Invalid("upload", "The upload is no longer stored. Upload the file again.");
        using var package = await devices.ReadAdapterAsync(path, request.Settings, cancellationToken).ConfigureAwait(false);
        var version = new AdapterVersion
        {
            Tenant = tenant,
            Adapter = adapter,
            Digest = package.Version,
            BaseDigest = package.Manifest.Base,
            Manifest = package.ManifestJson,
            Components = package.Components.ToImmutableDictionary(
                component => component.Name, component => new BlobRef(BlobArea.Adapters, component.Digest, component.Length)),
            CreatedAt = time.GetUtcNow(),
            Experts = request.Experts ?? [],
        };
        await StoreAsync(package.Components, cancellationToken).ConfigureAwait(false);
        await AddAsync(new StoredVersion(version, package.Manifest.Template, package.Parameters, package.TakesPictures), cancellationToken).ConfigureAwait(false);

        if (request.Experts is { } experts)
        {
            // A version that was there already has stayed as it was.
            await adapters.SetExpertsAsync(tenant, adapter, version.Digest, experts, cancellationToken).ConfigureAwait(false);
        }

        // Somebody may have deleted the last other version with the same component before the row named it.
        await StoreAsync(await MissingAsync(package.Components, version, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        return version;
    }

    private async Task AddAsync(StoredVersion stored, CancellationToken cancellationToken)
    {
        try
        {
            await adapters.AddVersionAsync(stored, options.Value.MaxVersions, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // Refused, or nobody knows: where the row was written, it keeps them.
            await references.ReleaseAsync([.. stored.Version.Components.Values], CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    private async Task StoreAsync(IEnumerable<AdapterComponent> components, CancellationToken cancellationToken)
    {
        foreach (var component in components)
        {
            await using var content = await Task.Run(component.OpenRead, cancellationToken).ConfigureAwait(false);
            var stored = await blobs.PutAsync(BlobArea.Adapters, content, component.Length, cancellationToken).ConfigureAwait(false);
            if (stored.Digest != component.Digest)
            {
                throw new HerdException(HerdErrorCode.Internal, "A component changed while it was stored. Publish the file again.");
            }
        }
    }

    private async Task<List<AdapterComponent>> MissingAsync(
        IReadOnlyList<AdapterComponent> components, AdapterVersion version, CancellationToken cancellationToken)
    {
        var missing = new List<AdapterComponent>();
        foreach (var component in components)
        {
            if (await blobs.GetPathAsync(version.Components[component.Name], cancellationToken).ConfigureAwait(false) is null)
            {
                missing.Add(component);
            }
        }

        return missing;
    }
}
