using Herd.Demo.Evaluation;
using Herd.Engine.Adapters;
using Herd.Engine.Execution;
using Herd.Testing;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd;

/// <summary>A test set asked through the gateway and asked of an engine.</summary>
public sealed class EvaluationTests(SharedGateway gateway)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_OverHttpAndInProcess_GivesTheSameAnswers()
    {
        var tenant = await gateway.NewTenantAsync();
        var version = await tenant.UploadAsync("eye", "BIAS.pth");
        await using var engine = await InferenceEngine.LoadAsync(
            new EngineOptions
            {
                BaseFolder = Golden("tiny-llama", "hf"),
                TokenizerFile = Golden("tokenizer", "tokenizer.model"),
                ClipPath = Golden("clip", "tiny-clip-visual.safetensors"),
                Dtype = EngineDtype.Float32,
            },
            cancellationToken: Cancellation);
        using var package = AdapterPackage.Read(Golden("adapters", "BIAS.pth"), engine.AdapterReadOptions with { VisualHeads = 4 });
        using var adapter = await engine.LoadAdapterAsync(package, Cancellation);
        TestCase[] cases = [.. TestSets.Pictures(1, 2), .. TestSets.Instructions(1, 1)];

        var overHttp = await new Evaluator(new HttpAsker(tenant.Http, "eye").AskAsync).RunAsync("eye", cases, Cancellation);
        var inProcess = await new Evaluator(new EngineAsker(engine, adapter).AskAsync).RunAsync("eye", cases, Cancellation);

        Assert.Equal(version, adapter.Version);
        Assert.Contains(inProcess.Groups.SelectMany(group => group.Misses), miss => miss.Scene is not null && miss.Answer.Length > 0);
        Assert.Equal(inProcess.ToJson(), overHttp.ToJson());
    }

    [Fact]
    public async Task AskAsync_OfAModelThatIsNotThere_TellsWhatTheGatewaySays()
    {
        var tenant = await gateway.NewTenantAsync();

        var error = await Assert.ThrowsAsync<HttpRequestException>(() => new HttpAsker(tenant.Http, "nobody").AskAsync(new Asked("hi", null, null), Cancellation));

        Assert.Contains("nobody", error.Message, StringComparison.Ordinal);
    }

    private static string Golden(params string[] path) => Path.Combine([RepositoryFiles.Golden, .. path]);
}
