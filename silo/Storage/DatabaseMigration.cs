using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Storage;

/// <summary>Migrates a database without starting a process of the cluster.</summary>
public sealed class DatabaseMigration : IAsyncDisposable
{
    private readonly DataFolder _folder;
    private readonly Backend _backend;
    private readonly Migrator _migrator;
    private readonly bool _isFile;

    /// <summary>Prepares; nothing is opened yet.</summary>
    /// <param name="options">Which database.</param>
    /// <exception cref="ValidationException">The options are wrong.</exception>
    public DatabaseMigration(StorageOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        _folder = new DataFolder(Options.Create(options));
        _backend = Backend.Create(_folder, options);
        _migrator = new Migrator(_backend);
        _isFile = options.Database == StorageOptions.Sqlite;
    }

    /// <summary>Where the database is, without secrets.</summary>
    public string Place => _backend.Place;

    /// <summary>Looks without changing anything; a file that is not there is not made.</summary>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The version found, and this program's.</returns>
    /// <exception cref="DatabaseUnavailableException">The database cannot be used.</exception>
    public Task<SchemaState> InspectAsync(CancellationToken cancellationToken = default) => _isFile && !File.Exists(_folder.Database)
        ? Task.FromResult(new SchemaState(0, _migrator.Scripts[^1].Version))
        : _migrator.InspectAsync(cancellationToken);

    /// <summary>Applies what is due, in one transaction.</summary>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The version before, and this program's, which it has now.</returns>
    /// <exception cref="DatabaseUnavailableException">The database cannot be used; nothing was changed.</exception>
    /// <exception cref="SchemaTooNewException">A newer program has migrated it; nothing was changed.</exception>
    /// <exception cref="DataFolderInUseException">A process works in the data folder of SQLite's database.</exception>
    public async Task<SchemaState> MigrateAsync(CancellationToken cancellationToken = default)
    {
        using var held = _isFile ? _folder.LockAll() : null;
        return await _migrator.MigrateAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _backend.DisposeAsync();
}
