using System.Net.Http.Json;
using Grpc.Core;
using Herd.Protos.V1;
using Herd.Testing;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd;

/// <summary>What becomes of an answer whose client goes away.</summary>
public sealed class CancellationTests(SharedGateway gateway)
{
    private const int LongAnswer = 2000;

    private static readonly string[] Ends = ["herd:request_failure_total", "herd:request_success_total"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ClientLeaves_TheAnswerIsAbandonedWhileOthersRunOn(bool overHttp)
    {
        var staying = await gateway.NewTenantAsync();
        var leaving = await gateway.NewTenantAsync();
        using var stays = StartOverGrpc(staying);

        await BeginAndLeaveAsync(leaving, overHttp);
        await Eventually.TrueAsync(() => HasEndedAsync(leaving), Cancellation);
        var metrics = await Metrics.ReadAsync(leaving.Process, Cancellation);
        var received = await stays.ResponseStream.ReadAllAsync(Cancellation).Select(update => update.Tokens?.Ids.Count ?? 0).SumAsync(Cancellation);

        Assert.Equal(1, metrics.Find("herd:request_failure_total", ("tenant", leaving.Name), ("code", "abandoned")));
        Assert.InRange(metrics.Find("herd:generation_tokens_total", ("tenant", leaving.Name))!.Value, 1, LongAnswer - 1);
        Assert.Equal(LongAnswer, received);
    }

    private static async Task BeginAndLeaveAsync(TestTenant tenant, bool overHttp)
    {
        if (overHttp)
        {
            using var response = await StartOverHttpAsync(tenant);
            await using var body = await response.Content.ReadAsStreamAsync(Cancellation);
            await body.ReadExactlyAsync(new byte[1], Cancellation); // the first frame carries text
        }
        else
        {
            using var call = StartOverGrpc(tenant);
            await call.ResponseStream.ReadAllAsync(Cancellation).FirstAsync(update => update.Tokens is not null, Cancellation);
        }
    }

    private static async Task<bool> HasEndedAsync(TestTenant tenant)
    {
        var metrics = await Metrics.ReadAsync(tenant.Process, Cancellation);
        return Ends.Any(end => metrics.Find(end, ("tenant", tenant.Name)) is not null);
    }

    private static AsyncServerStreamingCall<GenerateResponse> StartOverGrpc(TestTenant tenant)
    {
        var sampling = new Sampling { Temperature = 0, MaxTokens = LongAnswer, IgnoreEnd = true };
        var request = new GenerateRequest { Model = "base", Text = "abc", Sampling = sampling };
        return new GenerationService.GenerationServiceClient(tenant.Channel).Generate(request, tenant.Metadata, cancellationToken: Cancellation);
    }

    private static async Task<HttpResponseMessage> StartOverHttpAsync(TestTenant tenant)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions")
        {
            Content = JsonContent.Create(new { model = "base", prompt = "abc", temperature = 0, max_tokens = LongAnswer, ignore_eos = true, stream = true }),
        };
        return await tenant.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
    }
}
