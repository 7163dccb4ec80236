using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Contracts.Experts;
using Herd.Contracts.Keys;
using Herd.Contracts.Models;
using Herd.Contracts.Routing;
using Herd.Contracts.Tenants;

namespace Herd.Gateway.Serving;

/// <summary>The one path of stateless requests, whatever wire they came on: admit, resolve, store the picture, route, stream.</summary>
internal sealed class GenerationCalls(
    IGrainFactory grains,
    ModelResolver models,
    Pictures pictures,
    PromptLimits limits,
    ReplicaRouter router,
    DrainLimit drain,
    TimeProvider time,
    ILogger<GenerationCall> logger)
{
    /// <summary>Starts a request.</summary>
    /// <param name="order">What is wanted.</param>
    /// <param name="cancellationToken">Ends the whole request.</param>
    /// <returns>The running request; disposing it ends what still runs and gives its places back.</returns>
    /// <exception cref="Contracts.Errors.HerdException">The request is wrong, or there is no room.</exception>
    public async Task<GenerationCall> StartAsync(GenerationOrder order, CancellationToken cancellationToken)
    {
        foreach (var generation in order.Generations)
        {
            limits.Check(generation.Prompt);
            SamplingSize.Check(generation.Sampling);
        }

        CheckExperts(order);
        var requestId = Guid.CreateVersion7().ToString("N");
        var tenant = grains.GetGrain<ITenantGrain>(GrainKeys.Tenant(order.Tenant));
        var meter = await UsageMeter.AdmitAsync(tenant, ToAdmission(order, requestId), order.AnswersPerPrompt, time, logger, cancellationToken);
        BlobRef? picture = null;
        try
        {
            var version = await models.ResolveAsync(order.Tenant, order.Model, order.User ?? requestId, cancellationToken);
            picture = await pictures.StoreAsync(order.Picture, cancellationToken);
            var requests = order.Generations.Select((generation, index) => new GenerateRequest
            {
                RequestId = $"{requestId}-{index}",
                Tenant = order.Tenant,
                Version = version,
                Prompt = generation.Prompt,
                Picture = picture,
                Sampling = generation.Sampling,
                Weight = meter.Weight,
                Experts = order.Experts,
            });
            var steps = new DrainedStream<GenerationStep>([.. requests.Select(Source)], drain, cancellationToken);
            return new GenerationCall(requestId, version, steps, meter, () => pictures.RemoveAsync(picture));
        }
        catch
        {
            await pictures.RemoveAsync(picture);
            await meter.DisposeAsync();
            throw;
        }
    }

    private static void CheckExperts(GenerationOrder order)
    {
        if (order.Experts is not { IsEmpty: false } experts)
        {
            return;
        }

        ExpertNames.Check(experts);
        if (order.Generations.Any(generation => generation.Prompt is not ChatPrompt))
        {
            throw HerdException.Invalid("experts", "Experts are for dialogues: a plain prompt has no place for what they say. Leave 'experts' out.");
        }
    }

    private static AdmissionRequest ToAdmission(GenerationOrder order, string requestId) => new()
    {
        RequestId = requestId,
        Sequences = order.Generations.Length,
        Pictures = order.Pictures,
        PromptTokens = order.Generations.Where((_, index) => index % order.AnswersPerPrompt == 0).Sum(generation => TokenEstimate.Of(generation.Prompt)),
        AnswerTokens = order.Generations.Sum(generation => (long)(generation.Sampling.MaxTokens ?? TokenEstimate.Answer)),
        Fingerprint = OrderFingerprint.Of(order),
    };

    private Func<CancellationToken, IAsyncEnumerable<GenerationStep>> Source(GenerateRequest request, int index) =>
        cancellationToken => router.Generate(request, cancellationToken).Select(update => new GenerationStep(index, update));
}
