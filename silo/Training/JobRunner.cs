using Herd.Contracts.Adapters;
using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Contracts.Training;
using Herd.Engine;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Training;

/// <summary>Works at one claimed job to its end: data, training in a process of its own, publication, check, alias. Each of it may be done again.</summary>
internal sealed class JobRunner(
    JobRepository jobs,
    JobFiles files,
    HeldOutCheck check,
    IBlobStore blobs,
    IGrainFactory grains,
    RepeatedChange changes,
    IOptions<TrainingOptions> options,
    TimeProvider time,
    ILogger<JobRunner> logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private sealed record Ending(TrainingJobState State, string? Message = null);

    /// <summary>Works at a job until it ends, is somebody else's, or the process stops.</summary>
    /// <returns>True where it ended.</returns>
    internal async Task<bool> RunAsync(JobClaim claim, CancellationToken stopping)
    {
        CallerContext.SetTenant(claim.Tenant);
        logger.LogInformation("Training job {Job} of {Tenant} is worked at, for the {Claims}. time.", claim.Id, claim.Tenant, claim.Claims);
        var keeper = new ClaimKeeper(jobs, claim, options.Value.Lease, time, logger, stopping);
        await using var kept = keeper.ConfigureAwait(false);
        await keeper.StartAsync().ConfigureAwait(false);
        if (await FinishAsync(claim, keeper).ConfigureAwait(false) is not { } ending)
        {
            return false;
        }

        if (await jobs.EndAsync(claim, keeper.Progress with { State = ending.State }, ending.Message, CancellationToken.None).ConfigureAwait(false))
        {
            logger.LogInformation("Training job {Job} of {Tenant}: {State}. {Message}", claim.Id, claim.Tenant, ending.State, ending.Message);
            await files.RemoveAsync(claim.Tenant, claim.Id, claim.Archive, CancellationToken.None).ConfigureAwait(false);
        }

        return true;
    }

    /// <returns>How the job ended; null where it goes on elsewhere or later.</returns>
    private async Task<Ending?> FinishAsync(JobClaim claim, ClaimKeeper keeper)
    {
        try
        {
            return claim.Claims > options.Value.MaxClaims
                ? new Ending(TrainingJobState.Failed, $"The job was begun {options.Value.MaxClaims} times, and its process ended each time before it was done.")
                : await WorkAsync(claim, keeper).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (keeper.Token.IsCancellationRequested)
        {
            if (keeper.State == ClaimState.Unwanted)
            {
                return new Ending(TrainingJobState.Cancelled);
            }
        }
        catch (EngineException exception)
        {
            return new Ending(TrainingJobState.Failed, Readable(exception.Message, claim));
        }
        catch (HerdException exception) when (!exception.MayServeElsewhere() && exception.RetryAfter is null)
        {
            return new Ending(TrainingJobState.Failed, exception.Message);
        }
        catch (Exception exception)
        {
            logger.LogError(exception, "Training job {Job} of {Tenant} met a failure that may pass; it is given back.", claim.Id, claim.Tenant);
        }

        if (keeper.State == ClaimState.Held)
        {
            await jobs.ReleaseAsync(claim, CancellationToken.None).ConfigureAwait(false);
        }

        return null;
    }

    private async Task<Ending?> WorkAsync(JobClaim claim, ClaimKeeper keeper)
    {
        keeper.Token.ThrowIfCancellationRequested();
        var folder = await files.PrepareAsync(claim, keeper.Token).ConfigureAwait(false);
        keeper.Progress = keeper.Progress with { State = TrainingJobState.Running };
        if (await TrainAsync(claim, folder, keeper).ConfigureAwait(false) is { } failure)
        {
            return failure;
        }

        var version = await PublishAsync(claim, folder, keeper.Token).ConfigureAwait(false);
        keeper.Progress = keeper.Progress with { State = TrainingJobState.Checking, Version = version };
        if (claim.Settings.MinimumAccuracy is { } least)
        {
            var result = await check.RunAsync(claim, folder, version, keeper.Token).ConfigureAwait(false);
            keeper.Progress = keeper.Progress with { Accuracy = result.Accuracy };
            if (result.Accuracy < least)
            {
                return new Ending(
                    TrainingJobState.Failed,
                    $"The new version answers {result.Right} of {result.Asked} held-out rows to the letter, and the job asks for a share of {least}. "
                    + $"The version is kept; the alias '{claim.Settings.Alias}' was not moved.");
            }
        }

        if (claim.Settings.Alias is { } alias)
        {
            await changes.FinishAsync(() => Adapter(claim).MoveAlias(alias, version, keeper.Token), keeper.Token).ConfigureAwait(false);
        }

        return new Ending(TrainingJobState.Succeeded);
    }

    /// <returns>Why it failed; null where the result is there.</returns>
    private async Task<Ending?> TrainAsync(JobClaim claim, JobFolder folder, ClaimKeeper keeper)
    {
        while (true)
        {
            var end = await RunChildAsync(folder, keeper).ConfigureAwait(false);
            switch (end.Code)
            {
                case TrainVerb.Done:
                    return null;
                case TrainVerb.Failed:
                    return new Ending(TrainingJobState.Failed, Readable(end.Words, claim));
                case TrainVerb.InUse:
                    // The process of a holder that sleeps computes on: what it makes is this job's too.
                    await Task.Delay(Pause, time, keeper.Token).ConfigureAwait(false);
                    break;
                default:
                    throw new InvalidOperationException($"The process of the job ended with code {end.Code}: {end.Words}");
            }
        }
    }

    private async Task<ChildEnd> RunChildAsync(JobFolder folder, ClaimKeeper keeper)
    {
        var child = TrainingChild.Start(
            folder.Run.Path,
            options.Value.StopTimeout,
            line => keeper.Progress = keeper.Progress with { StepsDone = line.StepsDone, Steps = line.Steps, Loss = line.Loss });
        await using var owned = child.ConfigureAwait(false);
        try
        {
            return await child.WaitAsync(keeper.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (keeper.State == ClaimState.Held)
        {
            // This process stops: what was computed is kept for the next one.
            await child.StopAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task<string> PublishAsync(JobClaim claim, JobFolder folder, CancellationToken cancellationToken)
    {
        var file = File.OpenRead(folder.Run.Adapter);
        await using var opened = file.ConfigureAwait(false);
        var upload = await blobs.PutAsync(BlobArea.Scratch, file, file.Length, cancellationToken).ConfigureAwait(false);
        try
        {
            var request = new PublishRequest { Upload = upload };
            return await changes.FinishAsync(() => Adapter(claim).Publish(request, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await blobs.DeleteAsync(upload, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private IAdapterGrain Adapter(JobClaim claim) => grains.GetGrain<IAdapterGrain>(GrainKeys.Adapter(claim.Tenant, claim.Settings.Adapter));

    /// <summary>Paths within this machine say nothing to the job's owner.</summary>
    private string Readable(string message, JobClaim claim)
    {
        var root = files.Of(claim.Tenant, claim.Id).Root;
        return message.Replace(root + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
    }
}
