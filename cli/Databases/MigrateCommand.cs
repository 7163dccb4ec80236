using System.CommandLine;
using System.ComponentModel.DataAnnotations;
using Herd.Silo.Storage;

namespace Herd.Cli.Databases;

/// <summary><c>herd db migrate</c>: a database brought to this program's schema, without a model.</summary>
internal sealed class MigrateCommand : Command
{
    private const string Variables = "Herd__Storage__";

    private readonly Option<string?> _database = new("--database")
    {
        HelpName = "KIND",
        Description = $"sqlite (default) or postgresql; otherwise from {Variables}Database.",
    };

    private readonly Option<string?> _data = new("--data")
    {
        HelpName = "DIR",
        Description = $"SQLite: the data folder (default: data); otherwise from {Variables}DataFolder.",
    };

    private readonly Option<string?> _connection = new("--connection")
    {
        HelpName = "TEXT",
        Description = $"PostgreSQL: how to reach it. It holds a password, so better in the variable {Variables}ConnectionString.",
    };

    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Tell the versions and change nothing." };

    internal MigrateCommand()
        : base("migrate", "Bring a database to the schema of this program. Safe to run again, and from several places at once.")
    {
        Add(_database);
        Add(_data);
        Add(_connection);
        Add(_dryRun);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        try
        {
            await using var migration = new DatabaseMigration(OptionsOf(line));
            await MigrateAsync(migration, line.GetValue(_dryRun), line.InvocationConfiguration.Output, cancellationToken).ConfigureAwait(false);
            return 0;
        }
        catch (ValidationException wrong)
        {
            throw new CommandException(wrong.Message, isMisuse: true);
        }
        catch (Exception failed) when (failed is DatabaseUnavailableException or SchemaTooNewException or DataFolderInUseException)
        {
            throw new CommandException(failed.Message, isMisuse: false);
        }
    }

    private static async Task MigrateAsync(DatabaseMigration migration, bool isDryRun, TextWriter output, CancellationToken cancellationToken)
    {
        var state = await (isDryRun ? migration.InspectAsync(cancellationToken) : migration.MigrateAsync(cancellationToken)).ConfigureAwait(false);
        await output.WriteLineAsync($"database  {migration.Place}").ConfigureAwait(false);
        await output.WriteLineAsync($"from      version {state.Found}").ConfigureAwait(false);
        var said = state.Found == state.Known ? ", nothing to do" : isDryRun ? ", nothing changed yet" : "";
        await output.WriteLineAsync($"to        version {state.Known}{said}").ConfigureAwait(false);
    }

    private StorageOptions OptionsOf(ParseResult line)
    {
        var options = new StorageOptions { ConnectionString = line.GetValue(_connection) ?? Variable(nameof(StorageOptions.ConnectionString)) };
        options.Database = line.GetValue(_database) ?? Variable(nameof(StorageOptions.Database)) ?? options.Database;
        options.DataFolder = line.GetValue(_data) ?? Variable(nameof(StorageOptions.DataFolder)) ?? options.DataFolder;
        return options;
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(Variables + name);
}
