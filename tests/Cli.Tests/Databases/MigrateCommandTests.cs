using System.Diagnostics;
using Herd.Testing;
using Herd.Testing.Postgres;
using Xunit;

namespace Herd.Cli.Tests.Databases;

public sealed class MigrateCommandTests : IDisposable
{
    private const int Processes = 10;

    private readonly TestFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Migrate_OnSqlite_TenProcessesAtOnceMakeOneMigration() =>
        await AssertMigratedOnceAsync(["--data", _folder.Path], new() { ["Herd__Storage__DataFolder"] = "/nowhere" });

    [Fact]
    public async Task Migrate_OnPostgres_TenProcessesAtOnceMakeOneMigrationAndShowNoPassword()
    {
        Assert.SkipWhen(PostgresPrograms.Missing is not null, PostgresPrograms.Missing ?? "");
        await using var server = await PostgresServer.StartAsync(Cancellation);
        var connection = await server.CreateDatabaseAsync(Cancellation);

        await AssertMigratedOnceAsync(["--database", "postgresql"], new() { ["Herd__Storage__ConnectionString"] = connection });
        await server.CrashAsync();
        var (code, output, errors) = await RunAsync(["--database", "postgresql", "--connection", connection], []);

        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith("herd: PostgreSQL at 127.0.0.1:", errors, StringComparison.Ordinal);
        Assert.DoesNotContain(PostgresServer.Password, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DryRun_TellsTheVersionsAndMakesNothing()
    {
        var (code, output, errors) = await RunAsync(["--data", _folder.Path, "--dry-run"], []);

        Assert.Equal((0, ""), (code, errors));
        Assert.Contains("from      version 0\n", output, StringComparison.Ordinal);
        Assert.Contains(", nothing changed yet", output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData("--database", "mysql", "sqlite or postgresql")]
    [InlineData("--database", "postgresql", "Storage:ConnectionString is required")]
    [InlineData("--connection", "Host=db;Password=secret", "Storage:ConnectionString is for PostgreSQL")]
    public async Task Misuse_IsOneLineThatSaysWhatWasExpected(string option, string value, string said)
    {
        var (code, output, errors) = await RunAsync(["--data", _folder.Path, option, value], []);

        Assert.Equal((2, ""), (code, output));
        Assert.Contains(said, errors, StringComparison.Ordinal);
        Assert.Equal(1, errors.Count(letter => letter == '\n'));
        Assert.DoesNotContain("secret", errors, StringComparison.Ordinal);
    }

    private static async Task AssertMigratedOnceAsync(string[] arguments, Dictionary<string, string> variables)
    {
        var runs = await Task.WhenAll(Enumerable.Range(0, Processes).Select(_ => RunAsync(arguments, variables)));

        var said = runs.Where(run => run.Code == 0).Select(run => run.Output).ToArray();
        var refused = runs.Where(run => run.Code != 0).Select(run => run.Errors).ToArray();
        Assert.All(runs, run => Assert.DoesNotContain(PostgresServer.Password, run.Output + run.Errors, StringComparison.Ordinal));
        Assert.Single(said, output => output.Contains("from      version 0\n", StringComparison.Ordinal));
        Assert.All(refused, errors => Assert.Contains("data.lock", errors, StringComparison.Ordinal));
        var (code, last, _) = await RunAsync([.. arguments, "--dry-run"], variables);
        Assert.Equal(0, code);
        Assert.Contains(", nothing to do", last, StringComparison.Ordinal);
    }

    private static Task<(int Code, string Output, string Errors)> RunAsync(string[] arguments, Dictionary<string, string> variables)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "herd.dll"), "db", "migrate", .. arguments]);
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        return ProgramRun.ToEndAsync(start, Cancellation);
    }
}
