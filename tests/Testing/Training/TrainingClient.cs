using Google.Protobuf;
using Grpc.Core;
using Herd.Protos.V1;
using Xunit;

namespace Herd.Testing.Training;

/// <summary>Makes a tenant's training jobs and waits for them. Calls are given up with the test that makes them.</summary>
/// <param name="channel">Leads to a gateway.</param>
/// <param name="metadata">What is sent with a call: the tenant's key.</param>
public sealed class TrainingClient(ChannelBase channel, Metadata metadata)
{
    private readonly TrainingService.TrainingServiceClient _jobs = new(channel);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>What a short job is to do; its alias moves without a check.</summary>
    public static TrainingSettings Settings(long steps) => new() { Adapter = "yes", Preset = "tuning", Steps = steps, Alias = "latest", MovesUnchecked = true };

    /// <summary>The same, with a check.</summary>
    public static TrainingSettings Settings(long steps, double minimumAccuracy) => new() { Adapter = "yes", Preset = "tuning", Steps = steps, Alias = "latest", MinimumAccuracy = minimumAccuracy };

    /// <summary>Makes a job.</summary>
    /// <returns>Its id.</returns>
    public async Task<string> CreateAsync(TrainingSettings settings, byte[] archive)
    {
        using var call = _jobs.CreateJob(metadata, cancellationToken: Cancellation);
        await call.RequestStream.WriteAsync(new CreateJobRequest { Settings = settings }, Cancellation).ConfigureAwait(false);
        await call.RequestStream.WriteAsync(new CreateJobRequest { Chunk = ByteString.CopyFrom(archive) }, Cancellation).ConfigureAwait(false);
        await call.RequestStream.CompleteAsync().ConfigureAwait(false);
        return (await call.ConfigureAwait(false)).Id;
    }

    /// <summary>Follows a job to its end.</summary>
    public async Task<TrainingJob> EndedAsync(string id)
    {
        using var call = _jobs.WatchJob(new WatchJobRequest { Id = id }, metadata, cancellationToken: Cancellation);
        return await call.ResponseStream.ReadAllAsync(Cancellation).LastAsync(Cancellation).ConfigureAwait(false);
    }

    /// <summary>Waits until a job that runs has made steps.</summary>
    public Task WaitForStepsAsync(string id, long steps) => Eventually.TrueAsync(
        async () =>
        {
            var job = await GetAsync(id).ConfigureAwait(false);
            return job.State is TrainingJobState.Queued or TrainingJobState.Running ? job.StepsDone >= steps : throw new InvalidOperationException($"The job does not run: {job}");
        },
        Cancellation);

    /// <summary>A job now.</summary>
    public async Task<TrainingJob> GetAsync(string id) => await _jobs.GetJobAsync(new GetJobRequest { Id = id }, metadata, cancellationToken: Cancellation).ConfigureAwait(false);

    /// <summary>Wants a job to end.</summary>
    public async Task CancelAsync(string id) => await _jobs.CancelJobAsync(new CancelJobRequest { Id = id }, metadata, cancellationToken: Cancellation).ConfigureAwait(false);
}
