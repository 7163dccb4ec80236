using System.Net.Http.Json;
using Grpc.Core;
using Herd.Protos.V1;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd;

[CollectionDefinition(nameof(CancellationTests), DisableParallelization = true)]
public sealed class CancellationCollection;

/// <summary>Runs alone: it watches how many sequences the replica has.</summary>
[Collection(nameof(CancellationTests))]
public sealed class CancellationTests(SharedGateway gateway)
{
    private const int LongAnswer = 2000;
    private const int MostTries = 10;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// One answer runs to its end. Another, begun later and as long, is left by its client: that the replica is seen with one sequence while the
    /// first still runs shows that the second was ended, since left alone it would have ended last.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ClientLeaves_TheSequenceIsFreedWhileOthersRunOn(bool overHttp)
    {
        var tenant = await gateway.NewTenantAsync();
        var prompt = await EndlessPromptAsync(tenant);
        var tries = 1;
        while (!await IsFreedAsync(tenant, overHttp, prompt))
        {
            tries++;
            Assert.True(tries <= MostTries, "The abandoned sequence always ran on as long as the other.");
        }
    }

    /// <summary>A token behind which the likeliest answer is as long as asked for.</summary>
    private static async Task<int> EndlessPromptAsync(TestTenant tenant)
    {
        for (var prompt = 3; ; prompt++)
        {
            using var call = StartOverGrpc(tenant, prompt);
            var last = await call.ResponseStream.ReadAllAsync(Cancellation).LastAsync(Cancellation);
            if (last.Finished.Reason == FinishReason.Length)
            {
                return prompt;
            }
        }
    }

    // What the replica does is reported a little late; an answer that was over by then shows nothing either way.
    private static async Task<bool> IsFreedAsync(TestTenant tenant, bool overHttp, int prompt)
    {
        using var stays = StartOverGrpc(tenant, prompt);
        await stays.ResponseStream.MoveNext(Cancellation);
        var end = stays.ResponseStream.ReadAllAsync(Cancellation).CountAsync(Cancellation).AsTask();
        using (overHttp ? await StartOverHttpAsync(tenant, prompt) : (IDisposable)StartOverGrpc(tenant, prompt))
        {
            if (!await SeenAsync(tenant, running: 2, end))
            {
                return false;
            }
        }

        var freed = await SeenAsync(tenant, running: 1, end);
        await end;
        return freed;
    }

    private static async Task<bool> SeenAsync(TestTenant tenant, int running, Task end)
    {
        var replicas = new ReplicaService.ReplicaServiceClient(tenant.Channel);
        while (!end.IsCompleted)
        {
            var listed = await replicas.ListReplicasAsync(new ListReplicasRequest(), SharedGateway.Admin, cancellationToken: Cancellation);
            if (listed.Replicas.Single().RunningSequences == running)
            {
                return !end.IsCompleted;
            }
        }

        return false;
    }

    private static AsyncServerStreamingCall<GenerateResponse> StartOverGrpc(TestTenant tenant, int prompt)
    {
        var sampling = new Sampling { Temperature = 0, MaxTokens = LongAnswer };
        var request = new GenerateRequest { Model = "base", TokenIds = new TokenIds { Ids = { 1, prompt } }, Sampling = sampling };
        return new GenerationService.GenerationServiceClient(tenant.Channel).Generate(request, tenant.Metadata, cancellationToken: Cancellation);
    }

    private static async Task<HttpResponseMessage> StartOverHttpAsync(TestTenant tenant, int prompt)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions")
        {
            Content = JsonContent.Create(new { model = "base", prompt = (int[])[1, prompt], temperature = 0, max_tokens = LongAnswer, stream = true }),
        };
        return await tenant.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
    }
}
