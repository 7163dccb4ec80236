using Google.Protobuf;
using Grpc.Core;
using Herd.Protos.V1;
using Herd.Testing;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd.Training;

/// <summary>Makes a tenant's training jobs and waits for them.</summary>
internal sealed class TrainingClient(TestTenant tenant)
{
    private readonly TrainingService.TrainingServiceClient _jobs = new(tenant.Channel);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>What a short job is to do; its alias moves without a check.</summary>
    public static TrainingSettings Settings(long steps) => new() { Adapter = "yes", Preset = "tuning", Steps = steps, Alias = "latest", MovesUnchecked = true };

    /// <summary>The same, with a check.</summary>
    public static TrainingSettings Settings(long steps, double minimumAccuracy) => new() { Adapter = "yes", Preset = "tuning", Steps = steps, Alias = "latest", MinimumAccuracy = minimumAccuracy };

    /// <summary>Makes a job.</summary>
    /// <returns>Its id.</returns>
    public async Task<string> CreateAsync(TrainingSettings settings, byte[] archive)
    {
        using var call = _jobs.CreateJob(tenant.Metadata, cancellationToken: Cancellation);
        await call.RequestStream.WriteAsync(new CreateJobRequest { Settings = settings }, Cancellation);
        await call.RequestStream.WriteAsync(new CreateJobRequest { Chunk = ByteString.CopyFrom(archive) }, Cancellation);
        await call.RequestStream.CompleteAsync();
        return (await call).Id;
    }

    /// <summary>Follows a job to its end.</summary>
    public async Task<TrainingJob> EndedAsync(string id)
    {
        using var call = _jobs.WatchJob(new WatchJobRequest { Id = id }, tenant.Metadata, cancellationToken: Cancellation);
        return await call.ResponseStream.ReadAllAsync(Cancellation).LastAsync(Cancellation);
    }

    /// <summary>Waits until a job that runs has made steps.</summary>
    public Task WaitForStepsAsync(string id, long steps) => Eventually.TrueAsync(
        async () =>
        {
            var job = await GetAsync(id);
            Assert.True(job.State is TrainingJobState.Queued or TrainingJobState.Running, job.ToString());
            return job.StepsDone >= steps;
        },
        Cancellation);

    public async Task<TrainingJob> GetAsync(string id) => await _jobs.GetJobAsync(new GetJobRequest { Id = id }, tenant.Metadata, cancellationToken: Cancellation);

    public async Task CancelAsync(string id) => await _jobs.CancelJobAsync(new CancelJobRequest { Id = id }, tenant.Metadata, cancellationToken: Cancellation);
}
