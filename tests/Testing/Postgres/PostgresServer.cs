using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Herd.Testing.Postgres;

/// <summary>A PostgreSQL server of the tests' own, in a temporary folder, on a free port of this machine; it ends with the process, however that ends.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>The password of every connection, to be looked for where it must not be.</summary>
    public const string Password = "a-password-nobody-may-see";

    private const string User = "herd";

    // Ends the server as a crash would when its input ends: when told to, and when the process that holds the other end is gone.
    private const string Guard = """
        server=$1; shift
        "$server" "$@" </dev/null & pid=$!
        cat >/dev/null
        kill -QUIT $pid
        wait $pid
        """;

    private readonly TestFolder _folder = new();
    private readonly int _port = FreePorts.Take();
    private Process? _guard;
    private int _databases;

    private PostgresServer()
    {
    }

    private string Data => _folder.In("data");

    /// <summary>Makes a server and starts it.</summary>
    public static async Task<PostgresServer> StartAsync(CancellationToken cancellationToken)
    {
        var server = new PostgresServer();
        try
        {
            await server.InitializeAsync(cancellationToken).ConfigureAwait(false);
            await server.ResumeAsync(cancellationToken).ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Makes an empty database.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync(CancellationToken cancellationToken)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"herd_{Interlocked.Increment(ref _databases)}");
        await ExecuteAsync($"CREATE DATABASE {name}", cancellationToken).ConfigureAwait(false);
        return ConnectionString(name);
    }

    /// <summary>Stops the server as a crash would: nothing is finished, every connection breaks.</summary>
    public async Task CrashAsync()
    {
        if (_guard is { } guard)
        {
            guard.StandardInput.Close();
            await guard.WaitForExitAsync().ConfigureAwait(false);
            guard.Dispose();
            _guard = null;
        }
    }

    /// <summary>Starts the server again, with all that was committed.</summary>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        _guard = StartGuard([.. PostgresPrograms.AsOwner, "sh", "-c", Guard, "guard", PostgresPrograms.PathOf("postgres"), .. Settings()]);
        await Eventually.TrueAsync(() => AnswersAsync(_guard, cancellationToken), cancellationToken, "PostgreSQL answers").ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await CrashAsync().ConfigureAwait(false);
        _folder.Dispose();
    }

    private async Task InitializeAsync(CancellationToken cancellationToken)
    {
        var password = _folder.In("password");
        await File.WriteAllTextAsync(password, Password, cancellationToken).ConfigureAwait(false);
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync(["chown", "-R", "postgres", _folder.Path], cancellationToken).ConfigureAwait(false);
        }

        await RunAsync(
            [.. PostgresPrograms.Run("initdb", "-D", Data, "-U", User, "-E", "UTF8", "--locale=C", "-A", "scram-sha-256", "--pwfile", password, "--no-sync")],
            cancellationToken).ConfigureAwait(false);
    }

    private string[] Settings() =>
    [
        "-D", Data,
        "-c", "listen_addresses=127.0.0.1",
        "-c", string.Create(CultureInfo.InvariantCulture, $"port={_port}"),
        "-c", "unix_socket_directories=",
        "-c", "max_connections=300",
        "-c", "shared_buffers=32MB",
        "-c", "fsync=off",
        "-c", "log_min_messages=panic",
    ];

    private string ConnectionString(string database) =>
        string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={_port};Database={database};Username={User};Password={Password}");

    private async Task<bool> AnswersAsync(Process guard, CancellationToken cancellationToken)
    {
        if (guard.HasExited)
        {
            throw new InvalidOperationException("PostgreSQL ended at its start; see above.");
        }

        try
        {
            await ExecuteAsync("SELECT 1", cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static Task RunAsync(string[] words, CancellationToken cancellationToken) =>
        ProgramRun.SucceedAsync(StartInfo(words), cancellationToken);

    private static Process StartGuard(string[] words)
    {
        var start = StartInfo(words);
        (start.RedirectStandardInput, start.RedirectStandardOutput) = (true, true);
        var process = Process.Start(start)!;
        process.BeginOutputReadLine(); // What nobody reads is dropped.
        return process;
    }

    // Folders of the tests are closed to the other user.
    private static ProcessStartInfo StartInfo(string[] words) => new(words[0], words[1..]) { WorkingDirectory = "/" };
}
