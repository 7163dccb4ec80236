using System.Text.Json;
using Herd.Engine;
using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Testing;
using Xunit;

namespace Herd.Conformance.Tests.Model;

/// <summary>Golden adapters and the golden base each belongs to: the one whose sizes it fits.</summary>
internal static class GoldenAdapter
{
    private static readonly Lazy<IReadOnlyDictionary<string, string>> BaseOf = new(FindBases);

    /// <summary>Adapters that are read, by the outputs recorded for them under a prefix.</summary>
    public static TheoryData<string> WithOutputs(string prefix, string extension) =>
    [
        .. Directory.EnumerateFiles(Golden.In("expected"), prefix + "*" + extension)
            .Select(path => Path.GetFileNameWithoutExtension(path)[prefix.Length..])
            .Where(File),
    ];

    /// <summary>Folder of the base that an adapter belongs to; skips the test where the adapter's kind is not read.</summary>
    public static string BaseFolderOf(string adapter)
    {
        Assert.SkipUnless(BaseOf.Value.ContainsKey(adapter), $"The adapter {adapter} is of a kind that is not read yet.");
        return BaseOf.Value[adapter];
    }

    public static AdapterPackage Read(string adapter, BaseFolder folder, string digest) => AdapterPackage.Read(PathOf(adapter), Options(folder, digest));

    private static bool File(string adapter) => System.IO.File.Exists(PathOf(adapter));

    private static string PathOf(string adapter) => Golden.In("adapters", adapter + ".pth");

    private static AdapterReadOptions Options(BaseFolder folder, string digest)
    {
        using var config = JsonDocument.Parse(System.IO.File.ReadAllBytes(Directory.EnumerateFiles(Golden.In("adapters"), "*config.json").Single()));
        return new AdapterReadOptions { BaseConfig = folder.Config, BaseDigest = digest, VisualHeads = config.RootElement.GetProperty("v_num_heads").GetInt32() };
    }

    private static Dictionary<string, string> FindBases()
    {
        var bases = Directory.EnumerateDirectories(RepositoryFiles.Golden).Where(folder => System.IO.File.Exists(Path.Combine(folder, "params.json"))
            && Directory.EnumerateFiles(folder, "consolidated.*.pth").Count() == 1).Order().ToArray();
        var found = new Dictionary<string, string>();
        foreach (var adapter in Directory.EnumerateFiles(Golden.In("adapters"), "*.pth").Select(Path.GetFileNameWithoutExtension))
        {
            if (bases.FirstOrDefault(folder => Fits(adapter!, folder)) is { } fitting)
            {
                found.Add(adapter!, fitting);
            }
        }

        return found;
    }

    private static bool Fits(string adapter, string folder)
    {
        try
        {
            using var package = Read(adapter, BaseFolder.Open(folder, Golden.Tokenizer), new string('0', 64));
            return true;
        }
        catch (EngineException)
        {
            return false;
        }
    }
}
