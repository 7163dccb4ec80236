using Grpc.Core;
using Herd.Contracts.Models;
using Herd.Gateway.Keys;
using Herd.Gateway.Serving;
using V1 = Herd.Protos.V1;

namespace Herd.Gateway.Grpc;

/// <summary>Stateless generation over gRPC.</summary>
internal sealed class GenerationGrpcService(GenerationCalls calls, ReaderPatience patience) : V1.GenerationService.GenerationServiceBase
{
    /// <inheritdoc/>
    public override async Task Generate(
        V1.GenerateRequest request, IServerStreamWriter<V1.GenerateResponse> responseStream, ServerCallContext context)
    {
        var order = new GenerationOrder
        {
            Tenant = Caller.TenantOf(context.GetHttpContext()),
            Model = request.Model,
            User = request.User.Length == 0 ? null : request.User,
            Picture = request.Picture.Memory,
            Pictures = request.Picture.IsEmpty ? 0 : 1,
            Experts = ExpertMapping.ToNames(request.Experts),
            Generations = [new Generation(GenerationMapping.ToPrompt(request), GenerationMapping.ToSampling(request.Sampling))],
        };
        await using var call = await calls.StartAsync(order, context.CancellationToken);
        var promptTokens = 0;
        await foreach (var step in call.ReadAsync(context.CancellationToken))
        {
            promptTokens = (step.Update as GenerationStarted)?.PromptTokens ?? promptTokens;
            await patience.WriteAsync(responseStream, ToResponse(step.Update, call, promptTokens), context);
        }
    }

    private static V1.GenerateResponse ToResponse(GenerationUpdate update, GenerationCall call, int promptTokens) => update switch
    {
        GenerationStarted started => new() { Started = GenerationMapping.ToStarted(started, call.RequestId, call.Version?.Digest) },
        TokensGenerated tokens => new() { Tokens = GenerationMapping.ToTokens(tokens) },
        GenerationFinished finished => new() { Finished = GenerationMapping.ToFinished(finished, promptTokens) },
        _ => throw new InvalidOperationException($"Unknown update {update.GetType().Name}."),
    };
}
