using System.Net;
using System.Net.Sockets;
using Herd.Testing;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd;

/// <summary>What the operator sees when the gateway starts, and when it cannot.</summary>
public sealed class StartupTests(SharedGateway gateway) : IDisposable
{
    private readonly TestFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Data => _folder.In("data");

    [Fact]
    public async Task Start_FirstTime_ShowsProgressAddressesAKeyAndCommandsToTry()
    {
        await using var process = GatewayProcess.Start(Data, HerdPrograms.GoldenBase);

        await process.WaitUntilReadyAsync(Cancellation);

        Assert.Contains("100 %", process.Output, StringComparison.Ordinal);
        Assert.Contains("  tenant demo  herd_", process.Output, StringComparison.Ordinal);
        Assert.Contains("text only", process.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("fail:", process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_SameDataFolder_SaysThatItIsInUse()
    {
        var running = await gateway.ProcessAsync();

        await AssertFailsAsync(GatewayProcess.Start(running.Data, HerdPrograms.GoldenBase), running.Data, "Another process");
    }

    [Theory]
    [InlineData("--http-port", "HTTP", "--http-port PORT")]
    [InlineData("--grpc-port", "gRPC", "--grpc-port PORT")]
    [InlineData("Gateway:AdminGrpcPort", "operator's gRPC", "--set Gateway:AdminGrpcPort=PORT")]
    [InlineData("Cluster:SiloPort", "cluster", "--set Cluster:SiloPort=PORT")]
    public async Task Start_TakenPort_SaysWhichAndHowToChooseAnother(string setting, string purpose, string cure)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        string[] choice = setting[0] == '-' ? [setting, $"{port}"] : ["--set", $"{setting}={port}"];

        await AssertFailsAsync(GatewayProcess.Start(Data, [.. HerdPrograms.GoldenBase, .. choice]), $"Port {port}", $"({purpose})", "is taken", cure);
    }

    [Fact]
    public async Task Start_WrongFolder_SaysWhatIsExpectedThere() =>
        await AssertFailsAsync(GatewayProcess.Start(Data, "--base", _folder.Path), _folder.Path, "config.json");

    [Fact]
    public async Task Start_NoBaseNamedOrBundled_SaysWhatToPass() =>
        await AssertFailsAsync(GatewayProcess.Start(Data, "--set", $"Bundle:Folder={_folder.Path}"), "--base DIR", _folder.Path);

    [Fact]
    public async Task Start_UnknownOption_SaysWhichAndFails()
    {
        await using var process = GatewayProcess.Start(Data, "--bsae", _folder.Path);

        Assert.Equal(1, await process.WaitForExitAsync(Cancellation));
        Assert.Contains("--bsae", process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_UnknownKey_SaysWhich() => await AssertFailsAsync(
        GatewayProcess.Start(Data, [.. HerdPrograms.GoldenBase, "--set", "Gateway:HtpPort=1"]), "Gateway", "HtpPort");

    [Fact]
    public async Task Start_DamagedWeights_NamesTheFile()
    {
        var copy = Directory.CreateDirectory(_folder.In("base")).FullName;
        foreach (var file in Directory.EnumerateFiles(HerdPrograms.GoldenBase[1]))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        await using (var weights = File.OpenWrite(Path.Combine(copy, "model.safetensors")))
        {
            weights.SetLength(weights.Length / 2);
        }

        await AssertFailsAsync(GatewayProcess.Start(Data, ["--base", copy, .. HerdPrograms.GoldenBase[2..]]), "model.safetensors");
    }

    [Fact]
    public async Task Start_DamagedImageEncoder_NamesTheFile()
    {
        var clip = _folder.In("clip.safetensors");
        await File.WriteAllTextAsync(clip, "no tensors", Cancellation);

        await AssertFailsAsync(GatewayProcess.Start(Data, [.. HerdPrograms.GoldenBase, "--clip", clip]), "clip.safetensors");
    }

    public void Dispose() => _folder.Dispose();

    private static async Task AssertFailsAsync(GatewayProcess started, params string[] words)
    {
        await using var process = started;
        Assert.Equal(1, await process.WaitForExitAsync(Cancellation));
        Assert.All(words, word => Assert.Contains(word, process.Output, StringComparison.Ordinal));
        Assert.DoesNotContain(" at Herd.", process.Output, StringComparison.Ordinal);
    }
}
