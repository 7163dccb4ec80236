using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace Herd.Architecture.Tests;

public sealed partial class DocumentationTests
{
    private const string EnginePage = "docs/engine.md";
    private const BindingFlags Every = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly Type[] Types = [.. Projects.All.SelectMany(assembly => assembly.GetTypes())];
    private static readonly ILookup<string, Type> ByName = Types.ToLookup(NameOf, StringComparer.Ordinal);
    private static readonly HashSet<string> Members = Types.SelectMany(type => type.GetMembers(Every)).Select(member => member.Name).ToHashSet(StringComparer.Ordinal);

    public static TheoryData<string> Pages =>
    [
        "README.md",
        "CONTRIBUTING.md",
        .. Directory.EnumerateFiles(In("docs"), "*.md", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Projects.Root, file)).Order(),
    ];

    private static IEnumerable<(string Section, Type Type)> OptionClasses => Types
        .Select(type => (Section: type.GetField("Section", Every)?.GetRawConstantValue() as string, Type: type))
        .Where(option => option.Section is not null && NameOf(option.Type).EndsWith("Options", StringComparison.Ordinal))!;

    private static IEnumerable<string> OptionKeys => OptionClasses.SelectMany(option => option.Type.GetProperties()
        .Where(property => OptionClasses.All(section => section.Type != property.PropertyType))
        .Select(property => $"{option.Section}:{property.Name}"));

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_NamesOnlyWhatExists(string page)
    {
        var unknown = CodeName().Matches(Prose(page)).Where(match => !Exists(match.Groups[1].Value, match.Groups[2].Value)).Select(match => match.Value);

        Assert.Empty(unknown);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_LinksLeadSomewhere(string page)
    {
        var folder = Path.GetDirectoryName(In(page))!;

        Assert.All(Link().Matches(Prose(page)), match =>
        {
            var target = match.Groups[1].Length == 0 ? In(page) : Path.GetFullPath(Path.Combine(folder, match.Groups[1].Value));
            Assert.True(Path.Exists(target), $"{match.Value}: there is no {target}.");
            Assert.True(match.Groups[2].Length == 0 || Headings(target).Select(Anchor).Contains(match.Groups[2].Value), $"{match.Value}: no such heading.");
        });
    }

    [Fact]
    public void Readme_NamesEveryOptionAndNoOther()
    {
        var sections = OptionClasses.Select(option => option.Section).ToHashSet(StringComparer.Ordinal);
        var named = OptionKey().Matches(Prose("README.md")).Where(match => sections.Contains(match.Groups[1].Value)).Select(match => match.Value.Trim('`'));

        Assert.Equal(OptionKeys.Order(StringComparer.Ordinal), named.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Comments_NameSectionsOfTheEnginePage()
    {
        var headings = Headings(In(EnginePage)).ToHashSet(StringComparer.Ordinal);
        var named = Sources().SelectMany(file => Section().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value)).ToHashSet(StringComparer.Ordinal);

        Assert.NotEmpty(named);
        Assert.Subset(headings, named);
    }

    [Theory]
    [InlineData("gateway")]
    [InlineData("silo")]
    [InlineData("contracts")]
    [InlineData("engine")]
    [InlineData("demo")]
    public void Map_ListsThePartsFolders(string part)
    {
        var folders = Directory.EnumerateDirectories(In(part)).Where(HoldsSource).Select(Path.GetFileName).Order(StringComparer.Ordinal);
        var listed = File.ReadLines(In("docs/structures.md"))
            .SkipWhile(line => !line.StartsWith($"    {part} ", StringComparison.Ordinal))
            .Skip(1)
            .TakeWhile(line => line.StartsWith("      ", StringComparison.Ordinal))
            .Select(line => line.Trim().Split(' ')[0]);

        Assert.Equal(folders, listed.Order(StringComparer.Ordinal));
    }

    private static string In(string path) => Path.Combine(Projects.Root, path);

    private static bool HoldsSource(string folder) =>
        Path.GetFileName(folder) is not ("bin" or "obj") && Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).Any();

    private static IEnumerable<string> Sources() => Directory.EnumerateDirectories(In("engine")).Where(HoldsSource)
        .SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories));

    // A page without its blocks of code, which are other languages' matter.
    private static string Prose(string page) => CodeBlock().Replace(File.ReadAllText(In(page)), "");

    private static IEnumerable<string> Headings(string file) => Heading().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value);

    private static string Anchor(string heading) => NoAnchor().Replace(heading.ToLowerInvariant(), "").Replace(' ', '-');

    private static string NameOf(Type type) => type.Name.Split('`')[0];

    private static bool Exists(string name, string member) => member.Length == 0
        ? ByName.Contains(name) || Members.Contains(name)
        : ByName[name].Any(type => type.GetMember(member, Every).Length > 0);

    [GeneratedRegex("`([A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)*)(?:\\.([A-Z][A-Za-z0-9]*))?`", RegexOptions.CultureInvariant)]
    private static partial Regex CodeName();

    [GeneratedRegex("`([A-Z][A-Za-z]+(?::[A-Z][A-Za-z]+)?):[A-Z][A-Za-z0-9]+`", RegexOptions.CultureInvariant)]
    private static partial Regex OptionKey();

    [GeneratedRegex(@"\]\((?!https?:)([^)#]*)#?([^)]*)\)", RegexOptions.CultureInvariant)]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (.+?)\r?$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Heading();

    [GeneratedRegex("^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"[^a-z0-9 _-]", RegexOptions.CultureInvariant)]
    private static partial Regex NoAnchor();

    [GeneratedRegex("docs/engine\\.md, \"([^\"]+)\"", RegexOptions.CultureInvariant)]
    private static partial Regex Section();
}
