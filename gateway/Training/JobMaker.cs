using Herd.Contracts.Adapters;
using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Training;
using Herd.Gateway.Uploads;
using Microsoft.Extensions.Options;

namespace Herd.Gateway.Training;

/// <summary>Makes training jobs of archives, whatever wire they came on.</summary>
internal sealed class JobMaker(IGrainFactory grains, IBlobStore blobs, UploadIntake uploads, RepeatedChange changes, IOptions<GatewayOptions> options)
{
    /// <summary>Stores an archive and makes its job.</summary>
    /// <param name="tenant">The owner.</param>
    /// <param name="settings">What is to be done.</param>
    /// <param name="content">The archive's bytes.</param>
    /// <param name="length">Their announced number, where it is known.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The job.</returns>
    /// <exception cref="HerdException">A setting is wrong, the archive too large, or the tenant over a limit.</exception>
    public async Task<TrainingJobDescription> MakeAsync(
        string tenant, TrainingJobSettings settings, Stream content, long? length, CancellationToken cancellationToken)
    {
        using var place = uploads.Enter(tenant, length, options.Value.MaxArchiveBytes);
        var archive = await uploads.PutAsync(BlobArea.Archives, content, options.Value.MaxArchiveBytes, cancellationToken);
        try
        {
            var job = grains.GetGrain<ITrainingJobGrain>(GrainKeys.TrainingJob(tenant, Guid.CreateVersion7().ToString("N")));
            return await changes.MakeAsync(() => job.Create(new CreateTrainingJob(archive, settings), cancellationToken), cancellationToken);
        }
        catch (HerdException exception) when (exception.Code != HerdErrorCode.Unavailable)
        {
            // Otherwise nobody knows whether there is a job that needs it.
            await blobs.DeleteAsync(archive, CancellationToken.None);
            throw;
        }
    }
}
