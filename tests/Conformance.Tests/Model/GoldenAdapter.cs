using System.Text.Json;
using Herd.Conformance.Tests.Golden;
using Herd.Engine;
using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using Herd.Engine.Vision;
using Xunit;

namespace Herd.Conformance.Tests.Model;

/// <summary>A golden adapter, named by its file.</summary>
/// <param name="Name">The file's name without its ending.</param>
internal sealed record GoldenAdapter(string Name)
{
    private const string Folder = "adapters/";
    private const string Ending = ".pth";

    private static readonly string NoDigest = new('0', 64);

    public static IReadOnlyList<GoldenAdapter> All { get; } = [.. GoldenFolder.Find(Folder + "*" + Ending).Select(name => new GoldenAdapter(name[Folder.Length..^Ending.Length]))];

    public static TheoryData<string> Names => Cases.Of(All.Select(adapter => adapter.Name), "adapter");

    public string Path => GoldenFolder.PathOf(Folder + Name + Ending);

    /// <summary>Attention heads of its visual blocks; null where no configuration lies beside the adapters.</summary>
    public int? VisualHeads => Configuration?.GetProperty("v_num_heads").GetInt32();

    /// <summary>The configuration beside the adapters; where there are several, the one that is named like the adapter.</summary>
    public JsonElement? Configuration => GoldenFolder.Find(Folder + "*config.json").OrderByDescending(name => name.StartsWith(Folder + Name, StringComparison.Ordinal)).FirstOrDefault() is { } first
        ? GoldenFolder.Json(first)
        : null;

    public bool TakesPictures
    {
        get
        {
            using var file = TensorFile.Open(Path);
            return VisualFrontEndShape.IsIn(file);
        }
    }

    /// <summary>Files of outputs of any adapter, by their names without folder and ending.</summary>
    public static IEnumerable<string> AllOutputs => new[] { "mm", "chat", "v1" }.SelectMany(kind => GoldenFolder.Find($"expected/{kind}-*.safetensors")).Select(name => System.IO.Path.GetFileNameWithoutExtension(name));

    /// <summary>Whether outputs or the manifest tell of adapters whose files are not there.</summary>
    public static bool AreSomeAbsent => AllOutputs.Any(output => TryBehind(output) is null)
        || GoldenManifest.Files.Any(name => name.StartsWith(Folder, StringComparison.Ordinal) && name.EndsWith(Ending, StringComparison.Ordinal) && !GoldenFolder.Has(name));

    /// <summary>Its own files of outputs.</summary>
    public IEnumerable<string> Outputs => AllOutputs.Where(output => TryBehind(output) == this);

    public static GoldenAdapter Of(string name) => All.Single(adapter => adapter.Name == name);

    /// <summary>The adapter behind a file of outputs: the file is named like the adapter, with or without the kind of outputs in front.</summary>
    /// <param name="output">The file's name without folder and ending; the case of letters may differ from the adapter's.</param>
    /// <returns>The adapter; null where its file is absent.</returns>
    public static GoldenAdapter? TryBehind(string output) => new[] { output, output[(output.IndexOf('-', StringComparison.Ordinal) + 1)..] }
        .Select(name => All.FirstOrDefault(adapter => adapter.Name.Equals(name, StringComparison.OrdinalIgnoreCase))).FirstOrDefault(adapter => adapter is not null);

    /// <summary>As <see cref="TryBehind"/>; skips the test where the adapter's file is absent.</summary>
    public static GoldenAdapter Behind(string output)
    {
        var found = TryBehind(output);
        Assert.SkipWhen(found is null, $"The golden files hold no adapter for the outputs '{output}'.");
        return found!;
    }

    public AdapterReadOptions Options(LlamaConfig config, string? digest = null) => new() { BaseConfig = config, BaseDigest = digest ?? NoDigest, VisualHeads = VisualHeads };

    public AdapterPackage Read(LlamaConfig config, string? digest = null) => AdapterPackage.Read(Path, Options(config, digest));

    /// <summary>Skips the test where the adapter cannot be read for want of its configuration.</summary>
    public void ExpectHeads() => Assert.SkipWhen(TakesPictures && VisualHeads is null, "No configuration beside the adapters tells the heads of the visual blocks.");

    /// <summary>The bases whose sizes it fits, each in one form. Skips the test where what is missing for one is named as not supported yet.</summary>
    public IReadOnlyList<GoldenBase> FittingBases()
    {
        Assert.SkipWhen(GoldenBase.All.Count == 0, "The golden files hold no base.");
        ExpectHeads();
        var (fitting, refusals) = (new Dictionary<string, GoldenBase>(), new List<EngineException>());
        foreach (var candidate in GoldenBase.All)
        {
            try
            {
                using var package = Read(candidate.Open().Config);
                fitting.TryAdd(candidate.OutputsName, candidate);
            }
            catch (EngineException error)
            {
                refusals.Add(error);
            }
        }

        var unsupported = refusals.FirstOrDefault(NotSupported.IsNamedBy);
        Assert.SkipWhen(fitting.Count == 0 && unsupported is not null, unsupported?.Message ?? "");
        Assert.SkipWhen(fitting.Count == 0 && GoldenBase.AreSomeAbsent, $"The golden files do not hold the base of {Name}.");
        Assert.False(fitting.Count == 0, $"{Name} fits no base: {string.Join(' ', refusals.Select(error => error.Message))}");
        return [.. fitting.Values];
    }
}
