using System.Diagnostics;

namespace Herd.Testing;

/// <summary>How tests start Herd's programs.</summary>
public static class HerdPrograms
{
    /// <summary>The administrator's key of every program that tests start.</summary>
    public const string AdminKey = "herd_admin_for-tests-only-0123456789";

    /// <summary>The golden files' base and tokenizer.</summary>
    public static string[] GoldenBase { get; } =
    [
        "--base", Path.Combine(RepositoryFiles.Golden, "tiny-llama", "hf"), "--tokenizer", Path.Combine(RepositoryFiles.Golden, "tokenizer", "tokenizer.model"),
    ];

    /// <summary>A program that lies beside the test program.</summary>
    /// <param name="program">Its name.</param>
    /// <param name="arguments">Its command line.</param>
    public static ProcessStartInfo Named(string program, IEnumerable<string> arguments) => new(Path.Combine(AppContext.BaseDirectory, program), arguments)
    {
        WorkingDirectory = AppContext.BaseDirectory,

        // An empty key is as good as none: a developer's own must not get into the tests.
        Environment = { ["HERD_ADMIN_KEY"] = AdminKey, ["HERD_DEMO_KEY"] = "" },
    };
}
