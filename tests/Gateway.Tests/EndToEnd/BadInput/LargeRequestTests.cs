using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Herd.Protos.V1;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd.BadInput;

/// <summary>Far too much of everything.</summary>
[Collection(typeof(HostileClients))]
public sealed class LargeRequestTests(HostileGateway gateway)
{
    private const int TenMegabytes = 10_000_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Prompts_OfTenMegabytes_AreRefused()
    {
        var word = string.Concat(Enumerable.Repeat("xyz ", TenMegabytes / 4));
        var emoji = string.Concat(Enumerable.Repeat("\\ud83d\\ude00", TenMegabytes / 12));
        var messages = string.Join(',', Enumerable.Repeat("""{"role":"user","content":"x"},{"role":"assistant","content":"y"}""", TenMegabytes / 70));

        await RefusedAsync("/v1/completions", $$"""{"model":"base","prompt":"{{word}}"}""", "context_length_exceeded", "prompt");
        await RefusedAsync("/v1/completions", $$"""{"model":"base","prompt":"{{emoji}}"}""", "context_length_exceeded", "prompt");
        await RefusedAsync("/v1/completions", $$"""{"model":"base","prompt":[{{Many("1", TenMegabytes / 2)}}]}""", "context_length_exceeded", "prompt");
        await RefusedAsync("/v1/completions", $$"""{"model":"base","prompt":[{{Many("\"x\"", TenMegabytes / 4)}}]}""", "invalid_value", "n");
        await RefusedAsync("/v1/chat/completions", $$"""{"model":"base","messages":[{"role":"user","content":"{{word}}"}]}""", "context_length_exceeded", "prompt");
        await RefusedAsync("/v1/chat/completions", $$"""{"model":"base","messages":[{{messages}},{"role":"user","content":"x"}]}""", "context_length_exceeded", "prompt");
        await gateway.ExpectUnharmedAsync();
    }

    [Fact]
    public async Task Settings_FarTooLarge_AreRefusedByName()
    {
        await SettingRefusedAsync("n", "2147483647");
        await SettingRefusedAsync("n", "33");
        await SettingRefusedAsync("max_tokens", "2147483647", "context_length_exceeded", null);
        await SettingRefusedAsync("stop", $"[{Many("\"x\"", 100_000)}]");
        await SettingRefusedAsync("stop", $"\"{new string('x', TenMegabytes)}\"");
        await SettingRefusedAsync("logit_bias", "{" + string.Join(',', Enumerable.Range(0, 200_000).Select(id => $"\"{id}\":1")) + "}");
        await SettingRefusedAsync("logit_bias", """{"999999999":1}""");
        await SettingRefusedAsync("logit_bias", """{"-1":1}""");
        await SettingRefusedAsync("logit_bias", """{"1":1000}""");
        await SettingRefusedAsync("model", $"\"{new string('x', TenMegabytes)}\"");
        await SettingRefusedAsync("top_k", "-2147483648");
        await gateway.ExpectUnharmedAsync();
    }

    [Fact]
    public async Task Bodies_OverTheLimit_AreRefusedWhetherTheirLengthIsToldOrNot()
    {
        var large = new byte[HostileGateway.MaxRequestBytes + 1];
        large.AsSpan().Fill((byte)' ');
        var told = await RawConnection.AskAsync(gateway.Process.Http, gateway.Completion(large));
        var size = large.Length.ToString("x", CultureInfo.InvariantCulture);
        var untold = await RawConnection.AskAsync(
            gateway.Process.Http,
            [.. RawConnection.Bytes(gateway.Head("POST", "/v1/completions", "Transfer-Encoding: chunked") + $"\r\n{size}\r\n"), .. large, .. "\r\n0\r\n\r\n"u8]);

        Assert.Equal((413, "body_too_large"), (told.Status, told.Code));
        Assert.Equal((413, "body_too_large"), (untold.Status, untold.Code));
        await gateway.ExpectUnharmedAsync();
    }

    [Fact]
    public async Task GrpcMessages_FarTooLarge_AreRefused()
    {
        using var channel = GrpcChannel.ForAddress(gateway.Process.Grpc, new GrpcChannelOptions { MaxSendMessageSize = null });
        var generation = new GenerationService.GenerationServiceClient(channel);

        var prompt = await RefusalAsync(generation, new GenerateRequest { Model = "base", Text = new string('x', TenMegabytes) });
        var message = await RefusalAsync(generation, new GenerateRequest { Model = "base", Text = new string('x', HostileGateway.MaxRequestBytes + 1) });
        var name = await RefusalAsync(generation, new GenerateRequest { Model = new string('\u00e4', TenMegabytes / 4), Text = "x" });
        var unknown = await Assert.ThrowsAsync<RpcException>(async () => await new AdapterService.AdapterServiceClient(channel)
            .GetAdapterAsync(new GetAdapterRequest { Name = new string('\u00e4', 500_000) }, gateway.Tenant.Metadata, cancellationToken: Cancellation));

        Assert.Equal((StatusCode.InvalidArgument, "CONTEXT_LENGTH_EXCEEDED"), Look(prompt));
        Assert.Equal((StatusCode.InvalidArgument, "BODY_TOO_LARGE"), Look(message));
        Assert.Equal((StatusCode.InvalidArgument, "INVALID_ARGUMENT"), Look(name));
        Assert.Equal((StatusCode.NotFound, "NOT_FOUND"), Look(unknown));
        await gateway.ExpectUnharmedAsync();
    }

    private static (StatusCode, string?) Look(RpcException error) => (error.StatusCode, error.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason);

    private async Task<RpcException> RefusalAsync(GenerationService.GenerationServiceClient generation, GenerateRequest request) =>
        await Assert.ThrowsAsync<RpcException>(async () =>
        {
            using var call = generation.Generate(request, gateway.Tenant.Metadata, cancellationToken: Cancellation);
            await call.ResponseStream.ReadAllAsync(Cancellation).ToListAsync(Cancellation);
        });

    private Task SettingRefusedAsync(string name, string value) => SettingRefusedAsync(name, value, "invalid_value", name);

    private Task SettingRefusedAsync(string name, string value, string code, string? param) => RefusedAsync(
        "/v1/completions", name == "model" ? $$"""{"prompt":"x","model":{{value}}}""" : $$"""{"model":"base","prompt":"x","{{name}}":{{value}}}""", code, param);

    private async Task RefusedAsync(string path, string json, string code, string? param)
    {
        using var content = new StringContent(json, new MediaTypeHeaderValue("application/json"));
        using var response = await gateway.Tenant.Http.PostAsync(new Uri(path, UriKind.Relative), content, Cancellation);
        var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation)).RootElement.GetProperty("error");
        Assert.Equal((400, code, param), ((int)response.StatusCode, error.GetProperty("code").GetString(), error.GetProperty("param").GetString()));
        Assert.InRange(error.GetProperty("message").GetString()!.Length, 1, 1100);
    }

    private static string Many(string value, int count) => string.Join(',', Enumerable.Repeat(value, count));
}
