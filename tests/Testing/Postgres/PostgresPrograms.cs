using System.Globalization;

namespace Herd.Testing.Postgres;

/// <summary>Where this machine has PostgreSQL's programs, and as whom they can run.</summary>
public static class PostgresPrograms
{
    private const string Packages = "/usr/lib/postgresql";
    private const string Owner = "postgres";

    private static readonly string? Folder = Directory.Exists(Packages)
        ? Directory.EnumerateDirectories(Packages)
            .Where(folder => File.Exists(Path.Combine(folder, "bin", "postgres")))
            .MaxBy(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var version) ? version : 0)
        : null;

    /// <summary>Why no server can be started here; null where one can.</summary>
    public static string? Missing { get; } =
        Folder is null ? $"PostgreSQL is not installed: there is no {Packages}/VERSION/bin/postgres. Debian's package is 'postgresql'."
        : Environment.IsPrivilegedProcess && !HasOwner ? $"PostgreSQL refuses to run as root, and there is no user '{Owner}'."
        : null;

    private static bool HasOwner => File.ReadLines("/etc/passwd").Any(line => line.StartsWith(Owner + ":", StringComparison.Ordinal));

    /// <summary>The words that run one of the programs as a user whom it accepts.</summary>
    internal static IEnumerable<string> Run(string program, params string[] arguments) => [.. AsOwner, PathOf(program), .. arguments];

    /// <summary>The words that run any program as that user.</summary>
    internal static IEnumerable<string> AsOwner => Environment.IsPrivilegedProcess ? ["setpriv", "--reuid", Owner, "--regid", Owner, "--init-groups"] : [];

    /// <summary>Where a program lies.</summary>
    internal static string PathOf(string program) => Path.Combine(Folder!, "bin", program);
}
