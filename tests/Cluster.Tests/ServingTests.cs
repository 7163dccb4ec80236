using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Herd.Testing;
using Herd.Testing.Cluster;
using Xunit;

namespace Herd.Cluster.Tests;

/// <summary>What silos and gateways in processes of their own give their clients and operators, whatever the gateways are to the cluster.</summary>
public abstract class ServingTests(ClusterFixture fixture) : ClusterTest(fixture)
{
    [Fact]
    public async Task Generate_OverHttpAndGrpcThroughBothGateways_IsOneAnswer()
    {
        using var tenant = await Cluster.NewTenantAsync(Cancellation);

        var (status, first) = await tenant.CompleteAsync(0, "base", "abc", 16);
        var (_, second) = await tenant.CompleteAsync(1, "base", "abc", 16);
        var calls = await Task.WhenAll(new[] { 0, 1 }.Select(gateway => tenant.GenerateAsync(gateway, "abc", 16)));

        Assert.True(status == 200, first.ToString());
        var text = TextOf(first);
        Assert.Equal(text, TextOf(second));
        Assert.All(calls, call => Assert.Equal(text, call.Text));
    }

    [Fact]
    public async Task Upload_ThroughOneGateway_ServesThroughTheOther()
    {
        using var tenant = await Cluster.NewTenantAsync(Cancellation);

        var version = await tenant.UploadAsync(0, "cat", "CHAT-BIAS-SCALE-NORM.pth");
        var (status, answer) = await tenant.CompleteAsync(1, "cat", "abc", 8);

        Assert.True(status == 200, answer.ToString());
        Assert.Equal($"sha256:{version}", answer.GetProperty("system_fingerprint").GetString());
    }

    [Fact]
    public async Task Turns_ThroughBothGateways_AreOneConversation()
    {
        using var tenant = await Cluster.NewTenantAsync(Cancellation);
        var talk = await NewConversationAsync(tenant, 0);

        var first = await RunTurnAsync(tenant, 0, TurnOf(talk, "t1", 8));
        var again = await RunTurnAsync(tenant, 1, TurnOf(talk, "t1", 8));
        await RunTurnAsync(tenant, 1, TurnOf(talk, "t2", 8));

        Assert.Equal(first.Text, again.Text);
        Assert.Equal(["t1", "t2"], (await ListTurnsAsync(tenant, 0, talk)).Select(turn => turn.TurnId));
    }

    [Fact]
    public async Task Replicas_OfEveryDeviceOfEverySilo_AreThere()
    {
        using var tenant = await Cluster.NewTenantAsync(Cancellation);

        var replicas = await ListReplicasAsync(tenant, 1);

        Assert.Equal(4, replicas.Count);
    }

    [Fact]
    public void Gateway_HoldsNoTensors()
    {
        Assert.Contains("libtorch", LibrariesOf(Cluster.Silo(0)), StringComparison.Ordinal);
        Assert.DoesNotContain("libtorch", LibrariesOf(Cluster.Gateway(0)), StringComparison.Ordinal);
        Assert.DoesNotContain("LibTorchSharp", LibrariesOf(Cluster.Gateway(1)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_OfEveryProcess_IsTold()
    {
        Assert.Equal((HttpStatusCode.OK, "Healthy"), await Cluster.AskAsync(Cluster.Health(0), "/healthz", Cancellation));
        Assert.Equal((HttpStatusCode.OK, "Healthy"), await Cluster.AskAsync(Cluster.Health(0), "/readyz", Cancellation));
        Assert.Equal(HttpStatusCode.NotFound, await Cluster.HealthAsync(Cluster.Health(0), "/v1/models", Cancellation));
        Assert.Equal(HttpStatusCode.OK, await Cluster.HealthAsync(Cluster.Http(1), "/healthz", Cancellation));
    }

    [Fact]
    public async Task Metrics_OfAllSilos_AgreeWithWhatTheTenantWasSent()
    {
        using var tenant = await Cluster.NewTenantAsync(Cancellation);
        await tenant.UploadAsync(0, "voice", "CHAT-BIAS-SCALE-NORM.pth");
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => tenant.CompleteAsync(i % 2, i % 3 == 0 ? "voice" : "base", $"count {i}", 10)));

        var pages = await Task.WhenAll(Enumerable.Range(0, HerdCluster.Silos).Select(silo => Cluster.MetricsAsync(silo, Cancellation)));

        Assert.Equal(20, pages.Sum(page => Find(page, "herd:generation_tokens_total", tenant.Name, "voice")));
        Assert.Equal(40, pages.Sum(page => Find(page, "herd:generation_tokens_total", tenant.Name, "")));
        Assert.Equal(6, pages.Sum(page => Find(page, "herd:e2e_request_latency_seconds_count", tenant.Name, "") + Find(page, "herd:e2e_request_latency_seconds_count", tenant.Name, "voice")));
        Assert.All(pages, page => Assert.Contains("herd:kv_cache_usage_perc{", page, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Metrics_OfASilo_AreTheAdministratorsAlone()
    {
        using var tenant = await Cluster.NewTenantAsync(Cancellation);
        using var client = new HttpClient { BaseAddress = Cluster.Health(1) };

        using var nobody = await client.GetAsync(new Uri("/metrics", UriKind.Relative), Cancellation);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", tenant.Key);
        using var somebody = await client.GetAsync(new Uri("/metrics", UriKind.Relative), Cancellation);

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), (nobody.StatusCode, somebody.StatusCode));
    }

    private static string LibrariesOf(ChildProcess process) => File.ReadAllText($"/proc/{process.Id}/maps");

    private static double Find(string metrics, string name, string tenant, string adapter) => metrics.Split('\n')
        .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal)
            && line.Contains($"tenant=\"{tenant}\"", StringComparison.Ordinal) && line.Contains($"adapter=\"{adapter}\"", StringComparison.Ordinal))
        .Sum(line => double.Parse(Regex.Match(line, @"\} (\S+)").Groups[1].Value, CultureInfo.InvariantCulture));
}

[Collection("members")]
public sealed class MembersServingTests(MembersOnSqlite fixture) : ServingTests(fixture);

[Collection("clients")]
public sealed class ClientsServingTests(ClientsOnPostgres fixture) : ServingTests(fixture);
