using System.Threading.RateLimiting;
using Herd.Contracts.Adapters;
using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Microsoft.Extensions.Options;

namespace Herd.Gateway.Adapters;

/// <summary>An upload's description, read before its bytes.</summary>
/// <param name="Tenant">The owner.</param>
/// <param name="Name">The adapter's name.</param>
/// <param name="Alias">The alias to move to the new version; null for none.</param>
/// <param name="Settings">What the file does not carry itself.</param>
internal sealed record AdapterUpload(string Tenant, string Name, string? Alias, AdapterSettings Settings);

/// <summary>Takes adapters in, whatever wire they came on.</summary>
internal sealed class AdapterPublisher(
    IGrainFactory grains, IBlobStore blobs, RepeatedChange changes, IOptions<GatewayOptions> options, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly PartitionedRateLimiter<string> _uploads = PartitionedRateLimiter.Create<string, string>(tenant =>
        RateLimitPartition.GetConcurrencyLimiter(tenant, _ => new ConcurrencyLimiterOptions { PermitLimit = options.Value.MaxUploadsPerTenant }));

    /// <summary>Stores an upload and publishes it; returns when the version is live.</summary>
    /// <param name="upload">Its description.</param>
    /// <param name="content">The file's bytes.</param>
    /// <param name="length">Their announced number, where it is known.</param>
    /// <param name="cancellationToken">Stops the call; a version that was stored stays.</param>
    /// <returns>The version's digest.</returns>
    /// <exception cref="HerdException">The description or the file is wrong, or the tenant is over a limit.</exception>
    public async Task<string> PublishAsync(AdapterUpload upload, Stream content, long? length, CancellationToken cancellationToken)
    {
        Check(upload, length);
        using var permit = _uploads.AttemptAcquire(upload.Tenant);
        if (!permit.IsAcquired)
        {
            throw new HerdException(HerdErrorCode.LimitExceeded, $"At most {options.Value.MaxUploadsPerTenant} uploads may be under way at one time.")
            {
                Limit = LimitNames.ConcurrentUploads,
                RetryAfter = RetryAfter,
            };
        }

        await using var paced = new PacedContent(content, NewPace());
        var blob = await blobs.PutAsync(BlobArea.Scratch, paced, options.Value.MaxUploadBytes, cancellationToken);
        try
        {
            var request = new PublishRequest { Upload = blob, Settings = upload.Settings, Alias = upload.Alias };
            return await changes.FinishAsync(() => AdapterLookup.Find(grains, upload.Tenant, upload.Name).Publish(request, cancellationToken), cancellationToken);
        }
        finally
        {
            await blobs.DeleteAsync(blob, CancellationToken.None);
        }
    }

    /// <summary>The pace that a new upload is held to.</summary>
    /// <returns>The pace.</returns>
    public UploadPace NewPace() => new(options.Value.UploadPatience, options.Value.UploadBytesPerPatience, time);

    /// <inheritdoc/>
    public void Dispose() => _uploads.Dispose();

    private void Check(AdapterUpload upload, long? length)
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

        if (length > options.Value.MaxUploadBytes)
        {
            throw new HerdException(HerdErrorCode.InvalidFile, $"The file has {length} bytes; at most {options.Value.MaxUploadBytes} are allowed.")
            {
                Limit = LimitNames.UploadBytes,
            };
        }
    }
}
