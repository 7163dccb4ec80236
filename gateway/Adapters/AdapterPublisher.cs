using System.Threading.RateLimiting;
using Herd.Contracts.Adapters;
using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Microsoft.Extensions.Options;

namespace Herd.Gateway.Adapters;

/// <summary>An upload's description, read before its bytes.</summary>
/// <param name="Tenant">The owner.</param>
/// <param name="Name">The adapter's name.</param>
/// <param name="Alias">The alias to move to the new version; null for none.</param>
/// <param name="Settings">What the file does not carry itself.</param>
internal sealed record AdapterUpload(string Tenant, string Name, string? Alias, AdapterSettings Settings);

/// <summary>Takes adapters in and moves their aliases, whatever wire the wish came on.</summary>
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
                RetryAfter = RetryAfter,
            };
        }

        await using var paced = new PacedContent(content, NewPace());
        var blob = await blobs.PutAsync(BlobArea.Scratch, paced, options.Value.MaxUploadBytes, cancellationToken);
        try
        {
            var request = new PublishRequest { Upload = blob, Settings = upload.Settings, Alias = upload.Alias };
            return await changes.FinishAsync(() => Adapter(upload.Tenant, upload.Name).Publish(request, cancellationToken), cancellationToken);
        }
        finally
        {
            await blobs.DeleteAsync(blob, CancellationToken.None);
        }
    }

    /// <summary>The pace that a new upload is held to.</summary>
    /// <returns>The pace.</returns>
    public UploadPace NewPace() => new(options.Value.UploadPatience, options.Value.UploadBytesPerPatience, time);

    /// <summary>Points an alias to a version; returns when it is live.</summary>
    /// <param name="tenant">The owner.</param>
    /// <param name="name">The adapter's name.</param>
    /// <param name="alias">The alias.</param>
    /// <param name="version">The version's digest, with or without its prefix.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The version's digest.</returns>
    /// <exception cref="HerdException">A name is malformed, or there is no such version.</exception>
    public Task<string> MoveAliasAsync(string tenant, string name, string alias, string version, CancellationToken cancellationToken)
    {
        GrainKeys.RequireName(alias, "alias");
        var adapter = Find(tenant, name);
        return changes.FinishAsync(() => adapter.MoveAlias(alias, ModelReference.DigestOf(version) ?? version, cancellationToken), cancellationToken);
    }

    /// <summary>Points an alias back to the version before; returns when it is live.</summary>
    /// <param name="tenant">The owner.</param>
    /// <param name="name">The adapter's name.</param>
    /// <param name="alias">The alias.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The version's digest.</returns>
    /// <exception cref="HerdException">There is no such alias, or nothing to go back to.</exception>
    public Task<string> RollBackAsync(string tenant, string name, string alias, CancellationToken cancellationToken)
    {
        GrainKeys.RequireName(alias, "alias");
        return FinishAsync(Find(tenant, name).RollBack(alias, cancellationToken));
    }

    /// <summary>An adapter's grain.</summary>
    /// <param name="tenant">The owner.</param>
    /// <param name="name">The adapter's name.</param>
    /// <returns>The grain; the adapter may not exist.</returns>
    /// <exception cref="HerdException">No adapter can have such a name.</exception>
    public IAdapterGrain Find(string tenant, string name) =>
        GrainKeys.IsName(name) ? Adapter(tenant, name) : throw HerdException.NotFound($"The adapter '{name}'");

    /// <inheritdoc/>
    public void Dispose() => _uploads.Dispose();

    private IAdapterGrain Adapter(string tenant, string name) => grains.GetGrain<IAdapterGrain>(GrainKeys.Adapter(tenant, name));

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
            throw new HerdException(HerdErrorCode.InvalidFile, $"The file has {length} bytes; at most {options.Value.MaxUploadBytes} are allowed.");
        }
    }

    /// <summary>Waits until a change is live.</summary>
    /// <param name="updates">Its steps.</param>
    /// <returns>Digest of the version that it was about.</returns>
    internal static async Task<string> FinishAsync(IAsyncEnumerable<PublishUpdate> updates)
    {
        string? version = null;
        await foreach (var update in updates)
        {
            version = update.VersionDigest ?? version;
        }

        return version ?? throw new InvalidOperationException("A publication ended without a version.");
    }
}
