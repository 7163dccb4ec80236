using System.Threading.RateLimiting;
using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Microsoft.Extensions.Options;

namespace Herd.Gateway.Uploads;

/// <summary>Takes files in, whatever they are for: so many of a tenant at one time, of so many bytes, at no less than a pace.</summary>
internal sealed class UploadIntake(IBlobStore blobs, IOptions<GatewayOptions> options, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly PartitionedRateLimiter<string> _uploads = PartitionedRateLimiter.Create<string, string>(tenant =>
        RateLimitPartition.GetConcurrencyLimiter(tenant, _ => new ConcurrencyLimiterOptions { PermitLimit = options.Value.MaxUploadsPerTenant }));

    /// <summary>Begins an upload.</summary>
    /// <param name="tenant">Whose it is.</param>
    /// <param name="length">Its announced number of bytes, where it is known.</param>
    /// <param name="most">The most it may have.</param>
    /// <returns>Its place, until it is disposed of.</returns>
    /// <exception cref="HerdException">It is too large, or the tenant has too many under way.</exception>
    public IDisposable Enter(string tenant, long? length, long most)
    {
        if (length > most)
        {
            throw new HerdException(HerdErrorCode.InvalidFile, $"The file has {length} bytes; at most {most} are allowed.") { Limit = LimitNames.UploadBytes };
        }

        var permit = _uploads.AttemptAcquire(tenant);
        if (permit.IsAcquired)
        {
            return permit;
        }

        permit.Dispose();
        throw new HerdException(HerdErrorCode.LimitExceeded, $"At most {options.Value.MaxUploadsPerTenant} uploads may be under way at one time.")
        {
            Limit = LimitNames.ConcurrentUploads,
            RetryAfter = RetryAfter,
        };
    }

    /// <summary>Stores an upload's bytes.</summary>
    /// <param name="area">What they are for.</param>
    /// <param name="content">The bytes.</param>
    /// <param name="most">The most they may be.</param>
    /// <param name="cancellationToken">Stops the call; nothing is stored.</param>
    /// <returns>The stored bytes.</returns>
    /// <exception cref="HerdException">There are too many, or they come too slowly.</exception>
    public async Task<BlobRef> PutAsync(BlobArea area, Stream content, long most, CancellationToken cancellationToken)
    {
        await using var paced = new PacedContent(content, NewPace());
        return await blobs.PutAsync(area, paced, most, cancellationToken);
    }

    /// <summary>The pace that a new upload is held to.</summary>
    /// <returns>The pace.</returns>
    public UploadPace NewPace() => new(options.Value.UploadPatience, options.Value.UploadBytesPerPatience, time);

    /// <inheritdoc/>
    public void Dispose() => _uploads.Dispose();
}
