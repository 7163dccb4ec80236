using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace Herd.Architecture.Tests;

public sealed partial class ProjectTextTests
{
    private static readonly string[] Extensions = [".cs", ".proto", ".md", ".csproj", ".props", ".targets", ".sh", ".sql", ".yml", ".yaml", ".html", ".js"];
    private static readonly string[] Generated = ["bin", "obj", "artifacts", "golden", ".git"];

    // Written so that this file does not hold them itself.
    private static readonly string[] Unfinished = ["TO" + "DO", "FIX" + "ME", "NotImplemented" + "Exception", "#reg" + "ion"];

    [Fact]
    public void Text_NothingIsMarkedUnfinished()
    {
        var found = Files(Projects.Root)
            .SelectMany(file => Unfinished.Where(word => File.ReadAllText(file).Contains(word, StringComparison.Ordinal)).Select(word => $"{file}: {word}"));

        Assert.Empty(found);
    }

    [Fact]
    public void Text_FilesAreFound() => Assert.Contains(Files(Projects.Root), file => file.EndsWith("ProjectTextTests.cs", StringComparison.Ordinal));

    [Fact]
    public void Readme_NamesOnlyWhatExists()
    {
        var readme = Path.Combine(Projects.Root, "README.md");
        Assert.SkipUnless(File.Exists(readme), "There is no README.md yet.");
        var known = Projects.All.SelectMany(assembly => assembly.GetTypes()).SelectMany(NamesOf).ToHashSet(StringComparer.Ordinal);

        var unknown = CodeName().Matches(File.ReadAllText(readme)).Select(match => match.Groups[1].Value).Where(name => !known.Contains(name));

        Assert.Empty(unknown);
    }

    private static IEnumerable<string> NamesOf(Type type) => type
        .GetMembers(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly)
        .Select(member => member.Name)
        .Append(type.Name.Split('`')[0]);

    private static IEnumerable<string> Files(string folder)
    {
        foreach (var inner in Directory.EnumerateDirectories(folder).Where(path => !Generated.Contains(Path.GetFileName(path))))
        {
            foreach (var file in Files(inner))
            {
                yield return file;
            }
        }

        foreach (var file in Directory.EnumerateFiles(folder).Where(path => Extensions.Contains(Path.GetExtension(path))))
        {
            yield return file;
        }
    }

    // A name of two or more words in backquotes, such as `InferenceEngine`.
    [GeneratedRegex("`([A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+)`", RegexOptions.CultureInvariant)]
    private static partial Regex CodeName();
}
