namespace Herd.Testing;

/// <summary>Finds the folders that tests read.</summary>
public static class RepositoryFiles
{
    private const string GoldenVariable = "HERD_GOLDEN";

    /// <summary>The root of the checkout.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The golden files: those of the checkout, or the folder named by HERD_GOLDEN.</summary>
    public static string Golden { get; } = Environment.GetEnvironmentVariable(GoldenVariable) is { Length: > 0 } named
        ? Path.GetFullPath(named)
        : Path.Combine(Root, "tests", "golden");

    /// <summary>A tokenizer of the golden files.</summary>
    public static string Tokenizer => Directory.EnumerateFiles(Golden, "tokenizer.model", SearchOption.AllDirectories).Order().First();

    /// <summary>The trained example model beside the checkout, where there is one.</summary>
    public static string? Shapes { get; } = Path.Combine(Root, "..", "shared", "models", "shapes") is var path && Directory.Exists(path)
        ? Path.GetFullPath(path)
        : null;

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Cluster.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No Cluster.sln above {AppContext.BaseDirectory}: run the tests from a checkout.");
    }
}
