using System.IO.Enumeration;
using System.Text.Json;
using Herd.Testing;
using Xunit;

namespace Herd.Conformance.Tests.Golden;

/// <summary>The folder of golden files. Its form is fixed, its contents are not: whatever is absent skips the tests that need it.</summary>
internal static class GoldenFolder
{
    public const string Tokenizer = "tokenizer/tokenizer.model";

    /// <summary>Every file, by its path within the folder.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. Directory.EnumerateFiles(RepositoryFiles.Golden, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(RepositoryFiles.Golden, path).Replace(Path.DirectorySeparatorChar, '/')).Order(StringComparer.Ordinal),
    ];

    /// <summary>The files of tensors, in either format.</summary>
    public static IEnumerable<string> TensorFiles => Find("*.pth").Concat(Find("*.safetensors"));

    /// <summary>The files whose names fit a pattern; a star stands for any text, a slash included.</summary>
    public static IEnumerable<string> Find(string pattern) => Names.Where(name => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false));

    public static bool Has(string name) => Names.Contains(name, StringComparer.Ordinal);

    /// <summary>Where a file lies; skips the test where there is none.</summary>
    public static string PathOf(string name)
    {
        Assert.SkipUnless(Has(name), $"The golden files hold no {name}.");
        return Path.Combine(RepositoryFiles.Golden, name);
    }

    public static JsonElement Json(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(PathOf(name)));
        return document.RootElement.Clone();
    }

    /// <summary>A file's contents for naming test cases: none where the file is absent.</summary>
    public static JsonElement? TryJson(string name) => Has(name) ? Json(name) : null;
}
