using Herd.Engine.Adapters;
using Herd.Engine.Execution;
using Herd.Engine.Sampling;
using Herd.Engine.Vision;
using Xunit;

namespace Herd.Engine.Tests.Execution;

/// <summary>Every refusal names what was found and what helps, and leaves the engine serving.</summary>
public sealed class RefusalTests(RefusalTests.Serving serving) : IClassFixture<RefusalTests.Serving>
{
    private static readonly GenerationRequest Good = new() { PromptIds = [1, 5, 9], MaxTokens = 4 };
    private static readonly byte[] Picture = TinyModel.Pictures["rgb_96x71.png"];

    private static readonly Dictionary<string, (GenerationRequest Request, EngineErrorCode Code, string[] Named)> Requests = new()
    {
        ["empty prompt"] = (Good with { PromptIds = [] }, EngineErrorCode.InvalidRequest, ["prompt is empty", "at least one"]),
        ["negative id"] = (Good with { PromptIds = [1, -7] }, EngineErrorCode.InvalidRequest, ["-7", "0 to 511"]),
        ["id behind the vocabulary"] = (Good with { PromptIds = [1, 512] }, EngineErrorCode.InvalidRequest, ["512", "0 to 511"]),
        ["no tokens wanted"] = (Good with { MaxTokens = 0 }, EngineErrorCode.InvalidRequest, ["0", "at least 1"]),
        ["empty stop string"] = (Good with { StopStrings = ["a", ""] }, EngineErrorCode.InvalidRequest, ["stop string is empty"]),
        ["half a character as stop string"] = (Good with { StopStrings = ["\ud83d"] }, EngineErrorCode.InvalidRequest, ["half a character"]),
        ["too many likeliest"] = (Good with { LikeliestTokens = 21 }, EngineErrorCode.InvalidRequest, ["21", "0 to 20"]),
        ["nothing left to go on with"] = (Good with { ResumeIds = [3, 4, 5, 6] }, EngineErrorCode.InvalidRequest, ["4 tokens already"]),
        ["id of before behind the vocabulary"] = (Good with { ResumeIds = [600] }, EngineErrorCode.InvalidRequest, ["600", "0 to 511"]),
        ["bias for no token"] = (With(new() { LogitBias = new Dictionary<int, float> { [512] = 1 } }), EngineErrorCode.InvalidRequest, ["logit_bias", "0 to 511"]),
        ["bias too large"] = (With(new() { LogitBias = new Dictionary<int, float> { [5] = 101 } }), EngineErrorCode.InvalidRequest, ["logit_bias", "-100 to 100", "101 for token 5"]),
        ["negative temperature"] = (With(new() { Temperature = -1 }), EngineErrorCode.InvalidRequest, ["temperature", "-1", "0.01 to 10"]),
        ["temperature not a number"] = (With(new() { Temperature = float.NaN }), EngineErrorCode.InvalidRequest, ["temperature", "NaN"]),
        ["top-p of nothing"] = (With(new() { TopP = 0 }), EngineErrorCode.InvalidRequest, ["top_p", "0", "at most 1"]),
        ["top-k of nothing"] = (With(new() { TopK = 0 }), EngineErrorCode.InvalidRequest, ["top_k", "at least 1"]),
        ["min-p above one"] = (With(new() { MinP = 2 }), EngineErrorCode.InvalidRequest, ["min_p", "2", "0 to 1"]),
        ["penalty too large"] = (With(new() { PresencePenalty = 3 }), EngineErrorCode.InvalidRequest, ["presence_penalty", "3", "-2 to 2"]),
        ["too long together"] = (Good with { MaxTokens = 254 }, EngineErrorCode.TooLong, ["3 tokens", "254", "256"]),
        ["prompt too long"] = (Good with { PromptIds = new int[300], MaxTokens = 1 }, EngineErrorCode.TooLong, ["300 tokens", "256", "Shorten"]),
        ["as many as can be said"] = (Good with { MaxTokens = int.MaxValue }, EngineErrorCode.TooLong, [$"{int.MaxValue}", "256"]),
        ["picture for the base"] = (Good with { Picture = Picture }, EngineErrorCode.InvalidRequest, ["picture", "visual front end"]),
    };

    private static readonly Dictionary<string, (byte[] Picture, string[] Named)> BadPictures = new()
    {
        ["empty"] = ([], ["PNG"]),
        ["a text"] = ("<svg/>"u8.ToArray(), ["PNG"]),
        ["cut short"] = (Picture[..(Picture.Length / 2)], ["damaged or cut short"]),
        ["changed"] = ([.. Picture[..60], .. new byte[80], .. Picture[140..]], ["damaged"]),
        ["too many bytes"] = (new byte[Serving.Limits.MaxBytes + 1], [$"{Serving.Limits.MaxBytes + 1} bytes", $"{Serving.Limits.MaxBytes}"]),
        ["too many pixels"] = (TinyModel.Pictures["rgb_320x240.png"], ["320x240", $"{Serving.Limits.MaxPixels}"]),
    };

    public static TheoryData<string> RequestNames => [.. Requests.Keys];

    public static TheoryData<string> PictureNames => [.. BadPictures.Keys];

    [Theory]
    [MemberData(nameof(RequestNames))]
    public Task GenerateAsync_ARequestThatCannotBeServed_IsRefused(string name) => ExpectAsync(Requests[name].Request, Requests[name].Code, Requests[name].Named);

    [Theory]
    [MemberData(nameof(PictureNames))]
    public Task GenerateAsync_ABadPicture_IsRefused(string name) =>
        ExpectAsync(Good with { Adapter = serving.Adapters[TinyModel.Visual], Picture = BadPictures[name].Picture }, EngineErrorCode.InvalidPicture, BadPictures[name].Named);

    [Fact]
    public Task GenerateAsync_APictureForATextAdapter_IsRefused() =>
        ExpectAsync(Good with { Adapter = serving.Adapters[TinyModel.Chat], Picture = Picture }, EngineErrorCode.InvalidRequest, ["picture", "visual front end"]);

    [Fact]
    public async Task GenerateAsync_AnAdapterOfAnotherEngine_IsRefused()
    {
        await using var other = await TinyModel.LoadAsync();
        using var lease = await TinyModel.LoadAdapterAsync(other, TinyModel.Visual);
        await using var engine = await TinyModel.LoadAsync(TinyModel.Options with { ClipPath = null });
        await ExpectAsync(engine, Good with { Adapter = lease, Picture = Picture }, EngineErrorCode.InvalidRequest, [lease.Version, "Load it again"]);
    }

    [Fact]
    public async Task LoadAdapterAsync_AnAdapterOfAnotherBase_IsRefused()
    {
        var (engine, other) = (serving.Engine, new string('a', 64));
        using var package = AdapterPackage.Read(TinyModel.Golden("adapters", TinyModel.Chat + ".pth"), engine.AdapterReadOptions with { BaseDigest = other });
        var error = await Assert.ThrowsAsync<EngineException>(() => engine.LoadAdapterAsync(package, TestContext.Current.CancellationToken));
        ExpectMessage(error, EngineErrorCode.Incompatible, [other, engine.Base.Digest, "Upload the adapter for this base"]);
    }

    [Fact]
    public async Task LoadAdapterAsync_AVisualAdapterWithoutImageEncoder_IsRefused()
    {
        await using var engine = await TinyModel.LoadAsync(TinyModel.Options with { ClipPath = null });
        using var package = TinyModel.Read(engine, TinyModel.Visual);
        var error = await Assert.ThrowsAsync<EngineException>(() => engine.LoadAdapterAsync(package, TestContext.Current.CancellationToken));
        ExpectMessage(error, EngineErrorCode.Incompatible, [package.Version, "no image encoder is loaded", "Name one"]);
        Assert.Empty(engine.ResidentVersions);
        using var text = await TinyModel.LoadAdapterAsync(engine, TinyModel.Chat);
        await ExpectServingAsync(engine, Good with { Adapter = text });
    }

    [Fact]
    public async Task GenerateAsync_MoreThanMayRunAndWait_IsRefusedUntilOneEnds()
    {
        await using var engine = await TinyModel.LoadAsync(
            TinyModel.Options with { MaxRunningSequences = 2, MaxWaitingSequences = 1, MaxSequenceTokens = 4000 });
        var endless = Good with { MaxTokens = 3900, IgnoreEnd = true };
        using var leave = new CancellationTokenSource();
        var running = Enumerable.Range(0, 3).Select(_ => Answer.ReadAsync(engine.GenerateAsync(endless, leave.Token))).ToArray();
        var error = await Assert.ThrowsAsync<EngineException>(() => Answer.ReadAsync(engine.GenerateAsync(Good, TestContext.Current.CancellationToken)));
        ExpectMessage(error, EngineErrorCode.Overloaded, ["3 generations", "Try again later"]);

        // At the door, before its picture is looked at.
        using var visual = await TinyModel.LoadAdapterAsync(engine, TinyModel.Visual);
        var bad = Good with { Adapter = visual, Picture = [1, 2, 3] };
        error = await Assert.ThrowsAsync<EngineException>(() => Answer.ReadAsync(engine.GenerateAsync(bad, TestContext.Current.CancellationToken)));
        ExpectMessage(error, EngineErrorCode.Overloaded, ["3 generations"]);

        await leave.CancelAsync();
        foreach (var left in running)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        }

        await TinyModel.WhenIdleAsync(engine);
        await ExpectServingAsync(engine, Good);
    }

    [Fact]
    public async Task LoadAsync_SeveralOptionsOutOfRange_NamesThemAll()
    {
        var options = TinyModel.Options with { KvCacheTokens = 15, MaxSequenceTokens = 1, MaxRunningSequences = 0, MaxWaitingSequences = -1, MaxStepTokens = 63, AdapterSlots = 0, PromptCacheBytes = -2 };
        var error = await Assert.ThrowsAsync<EngineException>(() => TinyModel.LoadAsync(options));
        ExpectMessage(error, EngineErrorCode.InvalidRequest, ["KvCacheTokens is 15", "MaxSequenceTokens is 1", "MaxRunningSequences is 0", "MaxWaitingSequences is -1", "MaxStepTokens is 63", "AdapterSlots is 0", "PromptCacheBytes is -2"]);
    }

    [Theory]
    [InlineData("tpu:0")]
    [InlineData("cuda:999")]
    [InlineData("")]
    public async Task LoadAsync_ADeviceThatIsNotThere_IsRefused(string device)
    {
        var error = await Assert.ThrowsAsync<EngineException>(() => TinyModel.LoadAsync(TinyModel.Options with { Device = device }));
        ExpectMessage(error, EngineErrorCode.InvalidRequest, [$"'{device}'", "cpu"]);
    }

    private static GenerationRequest With(SamplingOptions sampling) => Good with { Sampling = sampling };

    private Task ExpectAsync(GenerationRequest request, EngineErrorCode code, string[] named) => ExpectAsync(serving.Engine, request, code, named);

    private static async Task ExpectAsync(TestEngine engine, GenerationRequest request, EngineErrorCode code, string[] named)
    {
        var error = await Assert.ThrowsAnyAsync<EngineException>(() => Answer.ReadAsync(engine.GenerateAsync(request, TestContext.Current.CancellationToken)));
        ExpectMessage(error, code, named);
        await ExpectServingAsync(engine, Good);
    }

    private static void ExpectMessage(EngineException error, EngineErrorCode code, string[] named)
    {
        Assert.Equal(code, error.Code);
        Assert.All(named, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    private static async Task ExpectServingAsync(TestEngine engine, GenerationRequest request)
    {
        var answer = await Answer.ReadAsync(engine.GenerateAsync(request with { IgnoreEnd = true }, TestContext.Current.CancellationToken));
        Assert.Equal(request.MaxTokens, answer.Ids.Length);
    }

    public sealed class Serving : IAsyncLifetime
    {
        public static PictureLimits Limits { get; } = new() { MaxBytes = 200_000, MaxPixels = 150 * 340 };

        public TestEngine Engine { get; private set; } = null!;

        public Dictionary<string, AdapterLease> Adapters { get; private set; } = [];

        public async ValueTask InitializeAsync()
        {
            Engine = await TinyModel.LoadAsync(TinyModel.Options with { Pictures = Limits });
            Adapters = await Workload.LoadAdaptersAsync(Engine);
        }

        public ValueTask DisposeAsync() => Engine.DisposeAsync();
    }
}
