using Grpc.Core;
using Herd.Contracts.Errors;
using Herd.Contracts.Training;
using Herd.Gateway.Keys;
using Herd.Gateway.Serving;
using Herd.Gateway.Training;
using Herd.Gateway.Uploads;
using V1 = Herd.Protos.V1;

namespace Herd.Gateway.Grpc;

/// <summary>Training jobs over gRPC.</summary>
internal sealed class TrainingGrpcService(
    IGrainFactory grains, JobMaker maker, JobLists lists, JobWatch watch, UploadIntake uploads, ReaderPatience patience) : V1.TrainingService.TrainingServiceBase
{
    /// <inheritdoc/>
    public override async Task<V1.TrainingJob> CreateJob(IAsyncStreamReader<V1.CreateJobRequest> requestStream, ServerCallContext context)
    {
        var tenant = Caller.TenantOf(context.GetHttpContext());
        if (!await uploads.NewPace().WaitAsync(requestStream.MoveNext, context.CancellationToken) || requestStream.Current.Settings is not { } settings)
        {
            throw HerdException.Invalid("part", "The first message must be the settings.");
        }

        var job = await UploadStream.FeedAsync(
            requestStream,
            message => message.PartCase == V1.CreateJobRequest.PartOneofCase.Chunk ? message.Chunk : null,
            content => maker.MakeAsync(tenant, TrainingMapping.ToSettings(settings), content, length: null, context.CancellationToken),
            context.CancellationToken);
        return TrainingMapping.ToProto(job);
    }

    /// <inheritdoc/>
    public override async Task<V1.TrainingJob> GetJob(V1.GetJobRequest request, ServerCallContext context) =>
        TrainingMapping.ToProto(await Find(context, request.Id).Describe(context.CancellationToken));

    /// <inheritdoc/>
    public override async Task<V1.ListJobsResponse> ListJobs(V1.ListJobsRequest request, ServerCallContext context)
    {
        var page = await lists.ReadAsync(
            Caller.TenantOf(context.GetHttpContext()), request.PageToken, PageSize.Read(request.PageSize), context.CancellationToken);
        return new V1.ListJobsResponse { Jobs = { page.Jobs.Select(TrainingMapping.ToProto) }, NextPageToken = page.NextPageToken ?? "" };
    }

    /// <inheritdoc/>
    public override async Task WatchJob(V1.WatchJobRequest request, IServerStreamWriter<V1.TrainingJob> responseStream, ServerCallContext context)
    {
        await foreach (var job in watch.ReadAsync(Caller.TenantOf(context.GetHttpContext()), request.Id, context.CancellationToken))
        {
            await patience.WriteAsync(responseStream, TrainingMapping.ToProto(job), context);
        }
    }

    /// <inheritdoc/>
    public override async Task<V1.TrainingJob> CancelJob(V1.CancelJobRequest request, ServerCallContext context) =>
        TrainingMapping.ToProto(await Find(context, request.Id).Cancel(context.CancellationToken));

    private ITrainingJobGrain Find(ServerCallContext context, string id) => JobLookup.Find(grains, Caller.TenantOf(context.GetHttpContext()), id);
}
