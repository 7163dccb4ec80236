using Herd.Engine.Adapters;
using Herd.Engine.Execution;
using Xunit;

namespace Herd.Engine.Tests.Execution;

/// <summary>Versions of one visual front end answer as each does alone, whichever of them came or went meanwhile.</summary>
public sealed class SharedFrontEndGenerationTests
{
    [Fact]
    public async Task GenerateAsync_VersionsOfOneFrontEnd_AnswerAsAloneAndFreeItWithTheLast()
    {
        var alone = new List<Answer>();
        foreach (var template in (string[])["alpaca", "raw"])
        {
            await using var single = await TinyModel.LoadAsync();
            alone.Add(await AskAsync(single, await LoadAsync(single, template)));
        }

        await using var engine = await TinyModel.LoadAsync(TinyModel.Options with { PromptCacheBytes = 0 });
        var (first, second) = (await LoadAsync(engine, "alpaca"), await LoadAsync(engine, "raw"));
        Assert.NotEqual(first.Version, second.Version);
        Assert.Equal(first.Memory.OwnBytes + second.Memory.OwnBytes + first.Memory.FrontEndBytes, engine.AdapterBytes);

        var together = await Task.WhenAll(AskAsync(engine, first), AskAsync(engine, second));
        first.Dispose();
        var left = await AskAsync(engine, second);
        second.Dispose();
        await TinyModel.WhenIdleAsync(engine);

        Assert.Equal(alone.Select(answer => answer.Ids), together.Select(answer => answer.Ids));
        Assert.Equal(alone.Select(answer => answer.LogProbabilities), together.Select(answer => answer.LogProbabilities));
        Assert.Equal(alone[1].Ids, left.Ids);
        Assert.Equal(alone[1].LogProbabilities, left.LogProbabilities);
        Assert.Equal(0, engine.AdapterBytes);
    }

    private static async Task<AdapterLease> LoadAsync(TestEngine engine, string template)
    {
        var options = engine.AdapterReadOptions with { VisualHeads = TinyModel.VisualHeads, Template = template };
        using var package = AdapterPackage.Read(TinyModel.Golden("adapters", TinyModel.Visual + ".pth"), options);
        return await engine.LoadAdapterAsync(package, TestContext.Current.CancellationToken);
    }

    private static Task<Answer> AskAsync(TestEngine engine, AdapterLease adapter)
    {
        var request = new GenerationRequest
        {
            PromptIds = [1, 5, 9],
            Adapter = adapter,
            Picture = TinyModel.Pictures["rgb_96x71.png"],
            MaxTokens = 12,
            IgnoreEnd = true,
            LikeliestTokens = 0,
        };
        return Answer.ReadAsync(engine.GenerateAsync(request, TestContext.Current.CancellationToken));
    }
}
