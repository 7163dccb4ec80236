using System.Collections.Immutable;
using Herd.Contracts.Adapters;
using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Contracts.Experts;
using Herd.Contracts.Keys;
using Herd.Gateway.Uploads;
using Microsoft.Extensions.Options;

namespace Herd.Gateway.Adapters;

/// <summary>An upload's description, read before its bytes.</summary>
/// <param name="Tenant">The owner.</param>
/// <param name="Name">The adapter's name.</param>
/// <param name="Alias">The alias to move to the new version; null for none.</param>
/// <param name="Settings">What the file does not carry itself.</param>
/// <param name="Experts">Names of the experts that the version asks where a request names none; null for those it has.</param>
internal sealed record AdapterUpload(string Tenant, string Name, string? Alias, AdapterSettings Settings, ImmutableArray<string>? Experts);

/// <summary>Takes adapters in, whatever wire they came on.</summary>
internal sealed class AdapterPublisher(
    IGrainFactory grains, IBlobStore blobs, UploadIntake uploads, RepeatedChange changes, IOptions<GatewayOptions> options)
{
    /// <summary>Stores an upload and publishes it; returns when the version is live.</summary>
    /// <param name="upload">Its description.</param>
    /// <param name="content">The file's bytes.</param>
    /// <param name="length">Their announced number, where it is known.</param>
    /// <param name="cancellationToken">Stops the call; a version that was stored stays.</param>
    /// <returns>The version's digest.</returns>
    /// <exception cref="HerdException">The description or the file is wrong, or the tenant is over a limit.</exception>
    public async Task<string> PublishAsync(AdapterUpload upload, Stream content, long? length, CancellationToken cancellationToken)
    {
        Check(upload);
        using var place = uploads.Enter(upload.Tenant, length, options.Value.MaxUploadBytes);
        var blob = await uploads.PutAsync(BlobArea.Scratch, content, options.Value.MaxUploadBytes, cancellationToken);
        try
        {
            var request = new PublishRequest { Upload = blob, Settings = upload.Settings, Alias = upload.Alias, Experts = upload.Experts };
            return await changes.FinishAsync(() => AdapterLookup.Find(grains, upload.Tenant, upload.Name).Publish(request, cancellationToken), cancellationToken);
        }
        finally
        {
            await blobs.DeleteAsync(blob, CancellationToken.None);
        }
    }

    private static void Check(AdapterUpload upload)
    {
        GrainKeys.RequireName(upload.Name, "name");
        if (upload.Name == ModelReference.BaseName)
        {
            throw HerdException.Invalid("name", $"'{ModelReference.BaseName}' names the bare base; give the adapter another name.");
        }

        if (upload.Alias is not null)
        {
            GrainKeys.RequireName(upload.Alias, "alias");
        }

        ExpertNames.Check(upload.Experts ?? []);
    }
}
