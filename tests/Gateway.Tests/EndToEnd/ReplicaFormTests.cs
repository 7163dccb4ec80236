using Grpc.Net.Client;
using Herd.Protos.V1;
using Herd.Testing;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd;

/// <summary>A replica whose layers are split over devices, and whose weights are in 8 bits: the same answers as from the engine's other forms, or close ones.</summary>
public sealed class ReplicaFormTests(SharedGateway gateway) : IDisposable
{
    private const string Prompt = "Once upon a time";

    private readonly TestFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Split_AnswersAsOnOneDevice()
    {
        var whole = await TestTenant.CreateAsync(await gateway.ProcessAsync(), "form-whole");
        await using var process = await StartAsync([.. GatewayProcess.GoldenClip, "--device", "cpu:0+cpu:1"]);
        var split = await TestTenant.CreateAsync(process, "form-split");
        await whole.UploadAsync("story", "BIAS.pth");
        await split.UploadAsync("story", "BIAS.pth");

        Assert.Equal(await whole.CompleteAsync("base", Prompt, 20), await split.CompleteAsync("base", Prompt, 20));
        Assert.Equal(await whole.CompleteAsync("story", Prompt, 20), await split.CompleteAsync("story", Prompt, 20));
        var replica = await ReplicaAsync(split.AdminChannel);
        Assert.EndsWith("/cpu:0+cpu:1", replica.Id, StringComparison.Ordinal);
        Assert.Equal("float32", replica.Weights);
        Assert.Equal(4 * replica.Base.Parameters, replica.WeightBytes);
    }

    [Fact]
    public async Task Int8_ServesTheSameAdapterAndSaysSo()
    {
        var whole = await TestTenant.CreateAsync(await gateway.ProcessAsync(), "form-sixteen");
        await using var process = await StartAsync([.. GatewayProcess.GoldenClip, "--weights", "int8"]);
        var small = await TestTenant.CreateAsync(process, "form-int8");

        Assert.Equal(await whole.UploadAsync("story", "BIAS.pth"), await small.UploadAsync("story", "BIAS.pth"));
        Assert.NotEmpty(await small.CompleteAsync("story", Prompt, 20));
        var replica = await ReplicaAsync(small.AdminChannel);
        Assert.Equal("int8", replica.Weights);
        Assert.InRange(replica.WeightBytes, replica.Base.Parameters, 2 * replica.Base.Parameters);
        Assert.Equal((await ReplicaAsync(whole.AdminChannel)).Base.Digest, replica.Base.Digest);
    }

    [Fact]
    public async Task Start_DeviceThatIsNone_SaysWhatIsExpected()
    {
        await using var process = GatewayProcess.Start(_folder.In("data"), [.. HerdPrograms.GoldenBase, "--device", "cpu:0+cuda:0"]);

        Assert.Equal(1, await process.WaitForExitAsync(Cancellation));
        Assert.Contains("'cpu:0+cuda:0' mixes kinds", process.Output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private async Task<GatewayProcess> StartAsync(string[] arguments)
    {
        var process = GatewayProcess.Start(_folder.In("data"), [.. HerdPrograms.GoldenBase, .. arguments]);
        await process.WaitUntilReadyAsync(Cancellation);
        return process;
    }

    private static async Task<Replica> ReplicaAsync(GrpcChannel channel) =>
        (await new ReplicaService.ReplicaServiceClient(channel).ListReplicasAsync(new ListReplicasRequest(), SharedGateway.Admin, cancellationToken: Cancellation)).Replicas.Single();
}
