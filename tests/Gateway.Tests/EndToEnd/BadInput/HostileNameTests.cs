using Grpc.Core;
using Herd.Protos.V1;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd.BadInput;

/// <summary>Names that would lead elsewhere: out of a folder, to another tenant, into a key or a query.</summary>
[Collection(typeof(HostileClients))]
public sealed class HostileNameTests(HostileGateway gateway)
{
    private static readonly string[] Names =
    [
        "..", "../../etc/passwd", "..\\..\\etc", "/etc/passwd", "kept/../kept", "kept/", ".hidden", "-kept", "kept\0", "kept\n", "kept ", " kept", "KEPT", "k\u0435pt", "\uff4bept",
        "kept\u202e", "\u0000", "a:b", "t:hostile/a:kept", "kept@latest", "kept@../x", "kept@sha256:..", "'; DROP TABLE adapters; --", "kept%2f..", "{0}", "$(id)", "~", "*", "null\u0000kept",
        new string('a', 65), new string('a', 5000), "kept#x", "kept?x=y", "\u212aept", "i:tenants",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task HttpPaths_LeadNowhere()
    {
        var faults = new List<string>();
        foreach (var escaped in Names.Select(Uri.EscapeDataString).Concat(["..%2f..%2fetc%2fpasswd", "%2e%2e%2f%2e%2e%2f", "%252e%252e%252f", "..", "../../..", "%c0%ae%c0%ae%2f", "%"]))
        {
            foreach (var (method, path) in ((string, string)[])
                [
                    ("PUT", $"/v1/adapters/{escaped}"), ("GET", $"/v1/adapters/{escaped}"), ("DELETE", $"/v1/adapters/{escaped}"), ("PUT", $"/v1/adapters/fresh?alias={escaped}"),
                    ("POST", $"/v1/adapters/kept/aliases/{escaped}"), ("POST", $"/v1/adapters/kept/aliases/{escaped}/rollback"), ("POST", $"/v1/adapters/{escaped}/aliases/latest/rollback"),
                    ("GET", $"/v1/models/{escaped}"), ("GET", $"/v1/conversations/{escaped}/export"), ("GET", $"/v1/usage?tenant={escaped}"), ("GET", $"/v1/usage?from={escaped}"),
                ])
            {
                var response = await RawConnection.AskAsync(gateway.Process.Http, gateway.Whole(method, path, """{"version":"sha256:x"}"""u8.ToArray()));
                var isServed = response.Status == 200 && IsHarmless(method, path, escaped);
                if (!isServed && (response.Status is not (400 or 403 or 404) || (response.Code is null && response.Body.Length > 0)))
                {
                    faults.Add($"{method} {path}: {response.Status} {response.Body}");
                }
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
        await gateway.ExpectUnharmedAsync();
    }

    [Fact]
    public async Task GrpcNames_LeadNowhere()
    {
        var tenant = gateway.Tenant;
        var adapters = new AdapterService.AdapterServiceClient(tenant.Channel);
        var models = new ModelService.ModelServiceClient(tenant.Channel);
        var conversations = new ConversationService.ConversationServiceClient(tenant.Channel);
        foreach (var name in Names)
        {
            await RefusedAsync(() => adapters.GetAdapterAsync(new GetAdapterRequest { Name = name }, tenant.Metadata, cancellationToken: Cancellation));
            await RefusedAsync(() => adapters.DeleteAdapterAsync(new DeleteAdapterRequest { Name = name }, tenant.Metadata, cancellationToken: Cancellation));
            await RefusedAsync(() => adapters.MoveAliasAsync(new MoveAliasRequest { Name = "kept", Alias = name, Version = "x" }, tenant.Metadata, cancellationToken: Cancellation));
            await RefusedAsync(() => adapters.MoveAliasAsync(new MoveAliasRequest { Name = "kept", Alias = "latest", Version = name }, tenant.Metadata, cancellationToken: Cancellation));
            await RefusedAsync(() => conversations.CreateConversationAsync(new CreateConversationRequest { Id = name, Model = "base" }, tenant.Metadata, cancellationToken: Cancellation));
            await RefusedAsync(() => conversations.GetConversationAsync(new GetConversationRequest { Id = name }, tenant.Metadata, cancellationToken: Cancellation));
            await RefusedAsync(() => conversations.CancelTurnAsync(new CancelTurnRequest { ConversationId = "absent", TurnId = name }, tenant.Metadata, cancellationToken: Cancellation));
            await Assert.ThrowsAsync<RpcException>(() => tenant.UploadOverGrpcAsync(new UploadHeader { Name = name }, [1, 2, 3]));
            await Assert.ThrowsAsync<RpcException>(() => tenant.UploadOverGrpcAsync(new UploadHeader { Name = "fresh", Alias = name }, [1, 2, 3]));
            if (name != "kept@latest")
            {
                await RefusedAsync(() => models.GetModelAsync(new GetModelRequest { Id = name }, tenant.Metadata, cancellationToken: Cancellation));
            }
        }

        await gateway.ExpectUnharmedAsync();
    }

    // A model is named with its alias; dots that the server takes out of a path leave a sound one; usage of no moment is all.
    private static bool IsHarmless(string method, string path, string escaped) => method == "GET"
        && (path.StartsWith("/v1/models/", StringComparison.Ordinal) && escaped is "kept%40latest" or ".."
            || path.StartsWith("/v1/adapters/", StringComparison.Ordinal) && escaped is ".."
            || escaped is "..");

    private static async Task RefusedAsync<T>(Func<AsyncUnaryCall<T>> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await call());
        Assert.True(error.StatusCode is StatusCode.InvalidArgument or StatusCode.NotFound, error.ToString());
        Assert.NotNull(error.GetRpcStatus()?.GetDetail<Google.Rpc.ErrorInfo>());
    }
}
