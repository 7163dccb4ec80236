using Xunit;

namespace Herd.Architecture.Tests;

public sealed class ProjectTextTests
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
}
