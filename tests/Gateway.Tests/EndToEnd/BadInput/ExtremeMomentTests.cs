using System.Net.Http.Json;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Herd.Protos.V1;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd.BadInput;

/// <summary>Moments at the ends of the calendar, and beyond them.</summary>
[Collection(typeof(HostileClients))]
public sealed class ExtremeMomentTests(HostileGateway gateway)
{
    private static readonly Timestamp First = Timestamp.FromDateTimeOffset(DateTimeOffset.MinValue);
    private static readonly Timestamp Last = Timestamp.FromDateTimeOffset(DateTimeOffset.MaxValue);
    private static readonly Timestamp Beyond = new() { Seconds = long.MaxValue, Nanos = -1 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("to=0001-01-02", null)]
    [InlineData("to=0001-01-31T00:00:00%2B12:00", null)]
    [InlineData("to=0001-01-30T12:00:00-14:00", null)]
    [InlineData("to=9999-12-31T23:59:59.9999999", null)]
    [InlineData("from=0001-01-01&to=9999-12-31T23:59:59.9999999", null)]
    [InlineData("to=0001-01-01", "to")]
    [InlineData("from=9999-12-31", "to")]
    [InlineData("to=0001-01-01T00:00:00%2B14:00", "to")]
    [InlineData("from=9999-12-31T23:59:59-14:00", "from")]
    [InlineData("to=10000-01-01", "to")]
    public async Task UsageOverHttp_IsServedOrNamesTheField(string query, string? field)
    {
        using var response = await gateway.Tenant.Http.GetAsync(new Uri($"/v1/usage?{query}", UriKind.Relative), Cancellation);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);

        Assert.Equal(field is null ? 200 : 400, (int)response.StatusCode);
        Assert.Equal(field, field is null ? null : body.GetProperty("error").GetProperty("param").GetString());
    }

    [Fact]
    public async Task UsageOverGrpc_IsServedOrNamesTheField()
    {
        Assert.Null(await UsageFieldAsync(new GetUsageRequest { To = new Timestamp { Seconds = First.Seconds + 1 } }));
        Assert.Null(await UsageFieldAsync(new GetUsageRequest { From = First, To = Last }));
        Assert.Equal("to", await UsageFieldAsync(new GetUsageRequest { To = First }));
        Assert.Equal("to", await UsageFieldAsync(new GetUsageRequest { From = Last }));
        Assert.Equal("to", await UsageFieldAsync(new GetUsageRequest { To = Beyond }));
        Assert.Equal("from", await UsageFieldAsync(new GetUsageRequest { From = Beyond }));
    }

    [Fact]
    public async Task OtherMomentsOverGrpc_AreServedOrNameTheField()
    {
        var conversations = new ConversationService.ConversationServiceClient(gateway.Tenant.Channel);
        var replicas = new ReplicaService.ReplicaServiceClient(gateway.Tenant.AdminChannel);
        var tenants = new TenantService.TenantServiceClient(gateway.Tenant.AdminChannel);
        foreach (var (before, field) in ((Timestamp, string?)[])[(First, null), (Last, null), (Beyond, "before")])
        {
            var list = new ListConversationsRequest { Before = before };
            Assert.Equal(field, await FieldAsync(conversations.ListConversationsAsync(list, gateway.Tenant.Metadata, cancellationToken: Cancellation)));
            Assert.Equal(field, await FieldAsync(replicas.ListTombstonesAsync(new ListTombstonesRequest { Before = before }, SharedGateway.Admin, cancellationToken: Cancellation)));
        }

        foreach (var expiresAt in new[] { First, Beyond })
        {
            var key = new CreateKeyRequest { Tenant = gateway.Tenant.Name, ExpiresAt = expiresAt };
            Assert.Equal("expires_at", await FieldAsync(tenants.CreateKeyAsync(key, SharedGateway.Admin, cancellationToken: Cancellation)));
        }
    }

    private Task<string?> UsageFieldAsync(GetUsageRequest request) =>
        FieldAsync(new UsageService.UsageServiceClient(gateway.Tenant.Channel).GetUsageAsync(request, gateway.Tenant.Metadata, cancellationToken: Cancellation));

    /// <returns>The field that is refused; null where the call was served.</returns>
    private static async Task<string?> FieldAsync<T>(AsyncUnaryCall<T> call)
    {
        try
        {
            await call;
            return null;
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.InvalidArgument)
        {
            return error.GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations.Single().Field;
        }
    }
}
