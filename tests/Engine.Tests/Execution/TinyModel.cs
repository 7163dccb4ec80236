using Herd.Engine.Adapters;
using Herd.Engine.Execution;
using Herd.Testing;
using Xunit;

namespace Herd.Engine.Tests.Execution;

/// <summary>The golden base, its image encoder, and the golden adapters over it.</summary>
internal static class TinyModel
{
    public const string Visual = "BIAS";
    public const string Caption = "CAPTION";
    public const string Lora = "LORA-BIAS";
    public const string Chat = "CHAT-BIAS-SCALE-NORM";
    public const string Prefix = "V1-PREFIX";
    public const string Early = "early fusion";
    public const string PaperOrder = "scales in the paper's order";
    public const string Peft = "LoRA of PEFT";

    public const int VisualHeads = 4;

    public static EngineOptions Options { get; } = new()
    {
        BaseFolder = Golden("tiny-llama", "hf"),
        TokenizerFile = Golden("tokenizer", "tokenizer.model"),
        ClipPath = Golden("clip", "tiny-clip.pth"),
        Dtype = EngineDtype.Float32,
        KvCacheTokens = 4096,
        MaxSequenceTokens = 256,
    };

    public static IReadOnlyList<string> Adapters { get; } = [Visual, Caption, Lora, Chat, Prefix, Early, PaperOrder, Peft];

    public static IReadOnlyDictionary<string, byte[]> Pictures { get; } =
        Directory.EnumerateFiles(Golden("images"), "*.png").Order(StringComparer.Ordinal).ToDictionary(path => Path.GetFileName(path), File.ReadAllBytes);

    public static string Golden(params string[] path) => Path.Combine([RepositoryFiles.Golden, .. path]);

    public static Task<TestEngine> LoadAsync(EngineOptions? options = null) =>
        TestEngine.LoadAsync(options ?? Options, TestContext.Current.CancellationToken);

    public static bool TakesPictures(string? adapter) => adapter is Visual or Caption or Lora or Early;

    public static AdapterPackage Read(TestEngine engine, string adapter)
    {
        var options = engine.AdapterReadOptions with { VisualHeads = VisualHeads };
        using var folder = new TestFolder();
        switch (adapter)
        {
            case Early:
                MadeAdapters.WriteEarly(folder.In("file"));
                return AdapterPackage.Read(folder.In("file"), options);
            case PaperOrder:
                MadeAdapters.WritePaperOrder(folder.In("file"));
                return AdapterPackage.Read(folder.In("file"), options with { ScaleOrder = ScaleOrder.Output });
            case Peft:
                MadeAdapters.WritePeft(folder.In("folder"), engine.Base.Config);
                return AdapterPackage.Read(folder.In("folder"), options);
            default:
                return AdapterPackage.Read(Golden("adapters", adapter + ".pth"), options);
        }
    }

    public static async Task<AdapterLease> LoadAdapterAsync(TestEngine engine, string adapter)
    {
        using var package = Read(engine, adapter);
        return await engine.LoadAdapterAsync(package, TestContext.Current.CancellationToken);
    }

    /// <summary>A hold on an adapter of the golden files, over parts of an engine that stand alone.</summary>
    public static AdapterLease Lease(LoadedBase loaded, AdapterRegistry registry, string adapter)
    {
        var options = new AdapterReadOptions { BaseConfig = loaded.Description.Config, BaseDigest = loaded.Description.Digest, VisualHeads = VisualHeads };
        using var package = AdapterPackage.Read(Golden("adapters", adapter + ".pth"), options);
        return registry.Add(package.Version, package.Manifest, AdapterWeights.FromPackage(package, loaded.Description.Config, registry.FrontEnds));
    }

    /// <summary>Waits until the loop has nothing to do and says so.</summary>
    public static async Task<EngineStatus> WhenIdleAsync(TestEngine engine)
    {
        await Eventually.TrueAsync(() => engine.Status is { RunningSequences: 0, WaitingSequences: 0 }, TestContext.Current.CancellationToken);
        return engine.Status;
    }
}
