using Herd.Conformance.Tests.Golden;
using Herd.Engine;
using Herd.Engine.Bases;

namespace Herd.Conformance.Tests.Model;

/// <summary>A golden base in one of its forms, named by its folder.</summary>
/// <param name="Name">The folder within the golden files.</param>
internal sealed record GoldenBase(string Name)
{
    private const string Outputs = "/expected.safetensors";

    /// <summary>Every base in every form whose weights are there.</summary>
    public static IReadOnlyList<GoldenBase> All { get; } =
    [
        .. Folders("*/params.json", "/consolidated.*.pth").Concat(Folders("*/config.json", "/model*.safetensors")).Distinct().Order(StringComparer.Ordinal).Select(name => new GoldenBase(name)),
    ];

    /// <summary>Whether the manifest tells of bases whose files are not there.</summary>
    public static bool AreSomeAbsent => GoldenManifest.Files.Any(name => !GoldenFolder.Has(name) && (name.EndsWith("/params.json", StringComparison.Ordinal)
        || name.EndsWith("/model.safetensors", StringComparison.Ordinal) || name.EndsWith("/consolidated.00.pth", StringComparison.Ordinal)));

    /// <summary>The outputs recorded for the base: they lie in the folder or, for a second form, in the one above.</summary>
    public string OutputsName => GoldenFolder.Has(Name + Outputs) || !Name.Contains('/', StringComparison.Ordinal) ? Name + Outputs : Name[..Name.LastIndexOf('/')] + Outputs;

    public string Folder => Path.Combine(Testing.RepositoryFiles.Golden, Name);

    public static GoldenBase Of(string name) => All.Single(candidate => candidate.Name == name);

    /// <summary>Opens the folder with the golden tokenizer.</summary>
    public BaseFolder Open() => BaseFolder.Open(Folder, GoldenFolder.PathOf(GoldenFolder.Tokenizer));

    /// <summary>As <see cref="Open"/>; null where its form is not supported yet.</summary>
    public BaseFolder? TryOpen()
    {
        try
        {
            return Open();
        }
        catch (EngineException error) when (NotSupported.IsNamedBy(error))
        {
            return null;
        }
    }

    private static IEnumerable<string> Folders(string configuration, string weights) => GoldenFolder.Find(configuration)
        .Select(name => name[..name.LastIndexOf('/')])
        .Where(folder => GoldenFolder.Find(folder + weights).Any());
}
