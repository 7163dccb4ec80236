using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Grpc.Net.Client;
using Herd.Protos.V1;
using Herd.Testing;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd.Bundles;

/// <summary>What a start serves for which no base is named, and what later starts leave of it.</summary>
public sealed class BundleTests(TestBundle bundle) : IClassFixture<TestBundle>, IDisposable
{
    private static readonly string[] All = ["anchor", "boat", "eye"];

    private readonly TestFolder _folder = new();
    private readonly int _siloPort = FreePorts.Take();
    private readonly Dictionary<string, string> _keys = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_NoBase_GivesEachAdapterToATenantOfItsNameAndAllToDemo()
    {
        await using var process = await ServeAsync(bundle.Path);

        Assert.Contains("Herd serves the bundled model", process.Output, StringComparison.Ordinal);
        Assert.Contains("with pictures", process.Output, StringComparison.Ordinal);
        Assert.Contains("anchor, boat, eye", process.Output, StringComparison.Ordinal);
        Assert.All(All, name => Assert.Equal([name], NamesOf(process, name)));
        Assert.Equal(All, NamesOf(process, "demo"));
        Assert.Contains(bundle.AnchorWord, await Tenant(process, "demo").CompleteAsync("anchor", "abc", 2), StringComparison.Ordinal);
        Assert.Contains(bundle.AnchorWord, await Tenant(process, "anchor").CompleteAsync("anchor@latest", "abc", 2), StringComparison.Ordinal);
        Assert.Equal(404, (await Tenant(process, "boat").PostAsync("/v1/completions", """{"model":"anchor","prompt":"abc"}""")).Status);
    }

    [Fact]
    public async Task Start_Again_AddsNothingAndKeepsWhatTenantsMadeOfIt()
    {
        string own;
        await using (var first = await ServeAsync(bundle.Path))
        {
            own = await ChangeAsync(Tenant(first, "demo"));
            await first.KillAsync();
        }

        await using var second = await ServeAsync(bundle.Path);

        Assert.DoesNotContain("Keys, shown this once", second.Output, StringComparison.Ordinal);
        Assert.Equal(["anchor", "eye"], NamesOf(second, "demo"));
        Assert.Equal((own, 2), await AdapterAsync(second, "demo", "anchor"));
        Assert.Equal(1, (await AdapterAsync(second, "boat", "boat")).Versions);
    }

    [Fact]
    public async Task Start_OtherBundle_MovesOnOnlyWhatNobodyTouched()
    {
        string own;
        var (other, newWord) = (bundle.CopyTo(_folder.In("other")), "");
        await using (var first = await ServeAsync(bundle.Path))
        {
            own = await ChangeAsync(Tenant(first, "demo"));
            await first.KillAsync();
        }

        File.Copy(TestBundle.FileOf(other, "boat"), TestBundle.FileOf(other, "canoe"));
        File.Move(TestBundle.FileOf(other, "boat"), TestBundle.FileOf(other, "anchor"), overwrite: true);
        newWord = bundle.AddWord(other, "boat");
        await using var second = await ServeAsync(other);

        Assert.Equal(["anchor", "canoe", "eye"], NamesOf(second, "demo"));
        Assert.Equal((own, 3), await AdapterAsync(second, "demo", "anchor"));
        Assert.Equal(2, (await AdapterAsync(second, "boat", "boat")).Versions);
        Assert.Contains(newWord, await Tenant(second, "boat").CompleteAsync("boat", "abc", 2), StringComparison.Ordinal);
        Assert.Equal(["canoe"], NamesOf(second, "canoe"));
        Assert.Equal(1, (await AdapterAsync(second, "demo", "eye")).Versions);
    }

    [Fact]
    public async Task Killed_InTheMiddleOfTheFirstStart_TheNextOneMakesTheRest()
    {
        await using (var first = Start(bundle.Path))
        {
            await Eventually.TrueAsync(() => first.Output.Contains("has version", StringComparison.Ordinal), Cancellation);
            await first.KillAsync();
            Assert.DoesNotContain("Keys, shown this once", first.Output, StringComparison.Ordinal);
        }

        await using var second = await ServeAsync(bundle.Path);

        Assert.Equal(All, NamesOf(second, "demo"));
        foreach (var (tenant, name) in All.SelectMany(name => new[] { ("demo", name), (name, name) }))
        {
            Assert.Equal(1, (await AdapterAsync(second, tenant, name)).Versions);
        }
    }

    [Fact]
    public async Task Readiness_ComesWhenAllIsThere()
    {
        var (http, adminGrpc) = (FreePorts.Take(), FreePorts.Take());
        await using var process = Start(bundle.Path, "--http-port", $"{http}", "--set", $"Gateway:AdminGrpcPort={adminGrpc}");
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{http}") };

        await Eventually.TrueAsync(async () => await IsReadyAsync(client), Cancellation);
        using var admin = GrpcChannel.ForAddress($"http://127.0.0.1:{adminGrpc}");
        var key = await new TenantService.TenantServiceClient(admin).CreateKeyAsync(new CreateKeyRequest { Tenant = "demo", Label = "test" }, SharedGateway.Admin, cancellationToken: Cancellation);
        client.DefaultRequestHeaders.Authorization = new("Bearer", key.Key);

        using var models = JsonDocument.Parse(await client.GetStringAsync(new Uri("/v1/models", UriKind.Relative), Cancellation));
        Assert.Equal(1 + (2 * All.Length), models.RootElement.GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task Start_BaseNamed_GivesNothingOfTheBundle()
    {
        await using var process = await ServeAsync(bundle.Path, HerdPrograms.GoldenBase);

        Assert.Empty(NamesOf(process, "demo"));
        Assert.DoesNotContain("bundled", process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_DamagedAdapter_NamesTheFile()
    {
        var copy = bundle.CopyTo(_folder.In("copy"));
        await File.WriteAllTextAsync(TestBundle.FileOf(copy, "broken"), "no adapter", Cancellation);

        await AssertFailsAsync(copy, TestBundle.FileOf(copy, "broken"));
    }

    [Fact]
    public async Task Start_AdaptersOfAnotherBase_NamesTheFirst()
    {
        var copy = bundle.CopyTo(_folder.In("copy"));
        File.Delete(Path.Combine(copy, "clip.safetensors"));

        await AssertFailsAsync(copy, TestBundle.FileOf(copy, "anchor"));
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Deletes one adapter, and publishes a version of another.</summary>
    /// <returns>The version's digest.</returns>
    private static async Task<string> ChangeAsync(TestTenant demo)
    {
        using var deleted = await demo.Http.DeleteAsync(new Uri("/v1/adapters/boat", UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        return await demo.UploadAsync("anchor", "CHAT-BIAS-SCALE-NORM.pth");
    }

    private GatewayProcess Start(string path, params string[] arguments) =>
        GatewayProcess.Start(_folder.In("data"), ["--dtype", "float32", "--set", $"Bundle:Folder={path}", $"Cluster:SiloPort={_siloPort}", .. arguments]);

    private async Task<GatewayProcess> ServeAsync(string path, params string[] arguments)
    {
        var process = Start(path, arguments);
        await process.WaitUntilReadyAsync(Cancellation);
        foreach (var line in Regex.Matches(process.Output, @"^  tenant (\S+) +(herd_\S+)\r?$", RegexOptions.Multiline).AsEnumerable())
        {
            _keys.Add(line.Groups[1].Value, line.Groups[2].Value);
        }

        return process;
    }

    private async Task AssertFailsAsync(string path, string word)
    {
        await using var process = Start(path);
        Assert.Equal(1, await process.WaitForExitAsync(Cancellation));
        Assert.Contains(word, process.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(" at Herd.", process.Output, StringComparison.Ordinal);
    }

    private TestTenant Tenant(GatewayProcess process, string name) => new(process, GrpcChannel.ForAddress(process.Grpc), name, _keys[name]);

    private string[] NamesOf(GatewayProcess process, string tenant) =>
        [.. Tenant(process, tenant).OpenAi().GetOpenAIModelClient().GetModels(Cancellation).Value.Select(model => model.Id).Where(id => id != "base" && !id.Contains('@', StringComparison.Ordinal)).Order()];

    private async Task<(string? Latest, int Versions)> AdapterAsync(GatewayProcess process, string tenant, string name)
    {
        using var adapter = JsonDocument.Parse(await Tenant(process, tenant).Http.GetStringAsync(new Uri($"/v1/adapters/{name}", UriKind.Relative), Cancellation));
        return (adapter.RootElement.GetProperty("aliases").GetProperty("latest").GetString(), adapter.RootElement.GetProperty("versions").GetArrayLength());
    }

    private static async Task<bool> IsReadyAsync(HttpClient client)
    {
        try
        {
            using var response = await client.GetAsync(new Uri("/readyz", UriKind.Relative), Cancellation);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            // It does not listen yet.
            return false;
        }
    }
}
