using System.Globalization;
using System.Runtime.InteropServices;

namespace Herd.Testing.Postgres;

/// <summary>Where this machine has PostgreSQL's programs, and as whom they can run.</summary>
public static class PostgresPrograms
{
    private const string Packages = "/usr/lib/postgresql";
    private const string Owner = "postgres";

    /// <summary>Why no server can be started here; null where one can.</summary>
    public static string? Missing { get; } =
        Folder is null ? $"PostgreSQL is not installed: there is no {Packages}/VERSION/bin/postgres. Debian's package is 'postgresql'."
        : IsRoot && !HasOwner ? $"PostgreSQL refuses to run as root, and there is no user '{Owner}'."
        : null;

    /// <summary>Whether programs must be run as another user, because they refuse root.</summary>
    internal static bool IsRoot => Geteuid() == 0;

    private static string? Folder => Directory.Exists(Packages)
        ? Directory.EnumerateDirectories(Packages)
            .Where(folder => File.Exists(Path.Combine(folder, "bin", "postgres")))
            .MaxBy(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var version) ? version : 0)
        : null;

    private static bool HasOwner => File.ReadLines("/etc/passwd").Any(line => line.StartsWith(Owner + ":", StringComparison.Ordinal));

    /// <summary>The words that run one of the programs as a user whom it accepts.</summary>
    internal static IEnumerable<string> Run(string program, params string[] arguments) => [.. AsOwner, Path.Combine(Folder!, "bin", program), .. arguments];

    /// <summary>The words that run any program as that user.</summary>
    internal static IEnumerable<string> AsOwner => IsRoot ? ["setpriv", "--reuid", Owner, "--regid", Owner, "--init-groups"] : [];

    /// <summary>Where a program lies.</summary>
    internal static string PathOf(string program) => Path.Combine(Folder!, "bin", program);

    [DllImport("libc", EntryPoint = "geteuid")]
    private static extern uint Geteuid();
}
