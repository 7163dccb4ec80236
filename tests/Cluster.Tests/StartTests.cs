using System.Net;
using Herd.Testing;
using Xunit;

namespace Herd.Cluster.Tests;

/// <summary>How the programs start, and what they say when they cannot.</summary>
public sealed class StartTests : IDisposable
{
    private readonly TestFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("member")]
    [InlineData("client")]
    public async Task Gateway_BeforeAnySilo_LivesAndIsNotReady(string mode)
    {
        var ports = FreePorts.Take(3);
        await using var gateway = ChildProcess.Start(HerdPrograms.Named(
            "Herd.Gateway",
            ["--data", _folder.Path, "--mode", mode, "--http-port", $"{ports[0]}", "--grpc-port", $"{ports[1]}", "--set", $"Cluster:SiloPort={ports[2]}", "Gateway:AdminPort=0"]));
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports[0]}") };
        await Eventually.TrueAsync(() => AnswersAsync(gateway, http), Cancellation);

        using var ready = await http.GetAsync(new Uri("/readyz", UriKind.Relative), Cancellation);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.Add("authorization", "Bearer herd_abcdefgh_0123456789abcdef");
        using var refused = await http.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal(0, await gateway.TerminateAsync());
        Assert.DoesNotContain(" at Herd.", gateway.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("member")]
    [InlineData("client")]
    public async Task Gateway_ThatLosesItsLastReplica_SaysSoUntilOneServesAgain(string mode)
    {
        var ports = FreePorts.Take(5);
        string[] common = ["--data", _folder.Path, "--set", "Storage:Shared=true"];
        string[] asSilo = [.. common, "Cluster:SiloName=one", $"Cluster:SiloPort={ports[0]}", $"Cluster:ClientPort={ports[1]}", "Health:Port=0", .. HerdPrograms.GoldenBase, "--device", "cpu:3"];
        string[] asGateway = [.. common, "Cluster:SiloName=two", $"Cluster:SiloPort={ports[2]}", "Gateway:AdminPort=0", "--mode", mode, "--http-port", $"{ports[3]}", "--grpc-port", $"{ports[4]}"];
        await using var first = ChildProcess.Start(HerdPrograms.Named("Herd.Silo", asSilo));
        await using var gateway = ChildProcess.Start(HerdPrograms.Named("Herd.Gateway", asGateway));
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports[3]}") };
        await Eventually.TrueAsync(() => IsReadyAsync(http), Cancellation);

        await first.KillAsync();
        await Eventually.TrueAsync(async () => !await IsReadyAsync(http), Cancellation);
        var alive = await StatusAsync(http, "/healthz");
        var words = await TellAsync(http);
        await using var second = ChildProcess.Start(HerdPrograms.Named("Herd.Silo", asSilo));
        await Eventually.TrueAsync(() => IsReadyAsync(http), Cancellation);

        Assert.Equal(HttpStatusCode.OK, alive);
        Assert.Matches("No silo answers|No replica serves", words);
        gateway.ExpectRunning();
    }

    [Theory]
    [InlineData("--base DIR")]
    [InlineData("Replica:Device", "--base", ".", "--device", "cpu:0,cpu:0")]
    [InlineData("Health", "--set", "Health:Prt=1", "Replica:Base=.")]
    [InlineData("config.json", "--base", ".")]
    public async Task Silo_WrongSettings_SaysSoInPlainWords(string expected, params string[] arguments)
    {
        await using var silo = ChildProcess.Start(HerdPrograms.Named("Herd.Silo", ["--data", _folder.Path, .. arguments]));

        Assert.Equal(1, await silo.WaitForExitAsync(Cancellation));
        Assert.Contains(expected, silo.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(" at Herd.", silo.Output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<bool> AnswersAsync(ChildProcess gateway, HttpClient http)
    {
        gateway.ExpectRunning();
        return await StatusAsync(http, "/healthz") == HttpStatusCode.OK;
    }

    private static async Task<bool> IsReadyAsync(HttpClient http) => await StatusAsync(http, "/readyz") == HttpStatusCode.OK;

    private static async Task<string> TellAsync(HttpClient http)
    {
        using var response = await http.GetAsync(new Uri("/readyz", UriKind.Relative), Cancellation);
        return await response.Content.ReadAsStringAsync(Cancellation);
    }

    /// <returns>Null where nobody answers.</returns>
    private static async Task<HttpStatusCode?> StatusAsync(HttpClient http, string path)
    {
        try
        {
            using var response = await http.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
