using System.ComponentModel.DataAnnotations;
using Npgsql;

namespace Herd.Silo.Storage;

/// <summary>Where what must survive is kept. Configuration section <c>Storage</c>.</summary>
public sealed class StorageOptions : IValidatableObject
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Storage";

    /// <summary>The <see cref="Database"/> in a file of the data folder.</summary>
    public const string Sqlite = "sqlite";

    /// <summary>The <see cref="Database"/> of a server.</summary>
    public const string Postgresql = "postgresql";

    // Connecting and one statement must be over before a call to a grain is, after five seconds.
    private const int MaxWaitSeconds = 5;

    private const string Expected = "Expected words such as Host=db;Database=herd;Username=herd;Password=..., with quotes around a value that holds a semicolon.";

    /// <summary>Folder of <c>blobs</c>, of <c>locks</c> and of SQLite's database <c>herd.db</c>; made where it is missing.</summary>
    /// <value>Default <c>data</c>, below the working directory. On a local disk with SQLite; a mount that all machines share with PostgreSQL.</value>
    [Required]
    public string DataFolder { get; set; } = "data";

    /// <summary>Whether several processes use the folder together, as one cluster.</summary>
    /// <value>Default false: a second process is refused.</value>
    public bool Shared { get; set; }

    /// <summary>Which database keeps the rows: <c>sqlite</c> or <c>postgresql</c>.</summary>
    /// <value>Default <c>sqlite</c>.</value>
    [AllowedValues(Sqlite, Postgresql, ErrorMessage = "Storage:Database must be sqlite or postgresql.")]
    public string Database { get; set; } = Sqlite;

    /// <summary>How PostgreSQL is reached, in Npgsql's words; a secret, which is neither logged nor shown.</summary>
    /// <value>Required with PostgreSQL, and nothing without.</value>
    public string? ConnectionString { get; set; }

    /// <summary>Whether a starting process migrates the database.</summary>
    /// <value>Default true. With false an old database is refused until <c>herd db migrate</c> has been run.</value>
    public bool MigrateAtStart { get; set; } = true;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (FaultOfConnectionString() is { } fault)
        {
            yield return new ValidationResult("Storage:ConnectionString " + fault, [nameof(ConnectionString)]);
        }
    }

    // What a parser says of a broken string may quote the part of a password that follows a semicolon.
    private string? FaultOfConnectionString()
    {
        var given = !string.IsNullOrWhiteSpace(ConnectionString);
        if (Database == Sqlite)
        {
            return given ? "is for PostgreSQL. Set Storage:Database to postgresql, or leave it out." : null;
        }

        if (!given)
        {
            return "is required with Storage:Database=postgresql. " + Expected;
        }

        NpgsqlConnectionStringBuilder parsed;
        try
        {
            parsed = PostgresBackend.Parse(ConnectionString!);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            return "cannot be read. " + Expected;
        }

        return string.IsNullOrWhiteSpace(parsed.Host) ? "names no Host. " + Expected
            : parsed.Timeout < 1 || parsed.CommandTimeout < 1 || parsed.Timeout + parsed.CommandTimeout > MaxWaitSeconds
                ? $"has a Timeout of {parsed.Timeout} s and a Command Timeout of {parsed.CommandTimeout} s. "
                    + $"Both must be at least 1, and at most {MaxWaitSeconds} together: a call gives up after that."
            : null;
    }
}
