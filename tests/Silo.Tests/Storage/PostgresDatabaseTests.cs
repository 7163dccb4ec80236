using System.Data.Common;
using Dapper;
using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Silo.Storage;
using Herd.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Herd.Silo.Tests.Storage;

/// <summary>What only a server can do to its clients.</summary>
public sealed class PostgresDatabaseTests(SharedPostgres server) : IAsyncLifetime
{
    private readonly PostgresStorage _storage = new(server);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Database Database => new(_storage.Backend, NullLogger<Database>.Instance);

    public async ValueTask InitializeAsync()
    {
        await _storage.InitializeAsync();
        await new Migrator(_storage.Backend).MigrateAsync(Cancellation);
    }

    public ValueTask DisposeAsync() => _storage.DisposeAsync();

    [Fact]
    public async Task A_connection_that_the_server_closed_meanwhile_is_replaced_without_a_word()
    {
        var before = await Database.ReadAsync(ServerProcessAsync, Cancellation);
        await TerminateAsync(before);

        var after = await Database.ReadAsync(ServerProcessAsync, Cancellation);

        Assert.NotEqual(before, after);
    }

    [Fact]
    public async Task A_connection_that_breaks_in_the_middle_of_a_transaction_has_it_run_again()
    {
        var tries = 0;

        await Database.TransactAsync(
            async (connection, transaction) =>
            {
                await AddTenantAsync("acme", connection, transaction);
                if (++tries == 1)
                {
                    await TerminateAsync(await ServerProcessAsync(connection));
                }

                return await connection.ExecuteScalarAsync<int>("SELECT COUNT(*) FROM tenants", transaction: transaction);
            },
            Cancellation);

        Assert.Equal(2, tries);
        Assert.Equal(1, await Database.ReadAsync(connection => connection.ExecuteScalarAsync<int>("SELECT COUNT(*) FROM tenants"), Cancellation));
    }

    [Fact]
    public async Task A_commit_whose_end_nobody_knows_is_not_run_again()
    {
        await using (var connection = await _storage.OpenAsync())
        {
            await connection.ExecuteAsync(
                "CREATE FUNCTION die() RETURNS trigger AS 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END' LANGUAGE plpgsql");
            await connection.ExecuteAsync(
                "CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON tenants DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()");
        }

        var tries = 0;
        var failed = await Assert.ThrowsAsync<HerdException>(() => Database.TransactAsync(
            (connection, transaction) =>
            {
                tries++;
                return AddTenantAsync("acme", connection, transaction);
            },
            Cancellation));

        Assert.Equal((HerdErrorCode.Unavailable, 1), (failed.Code, tries));
        Assert.NotNull(failed.RetryAfter);
    }

    [Fact]
    public async Task A_connection_gives_up_before_a_call_does_and_a_sleeper_loses_its_transaction()
    {
        var settings = PostgresBackend.Parse("Host=db");
        var operators = PostgresBackend.Parse("Host=db;Timeout=1;Command Timeout=4;Options=-c lock_timeout=100");

        Assert.InRange(settings.Timeout + settings.CommandTimeout, 2, 5);
        Assert.Equal((1, 4, "-c lock_timeout=100"), (operators.Timeout, operators.CommandTimeout, operators.Options));
        Assert.Equal("5s", await Database.ReadAsync(
            connection => connection.ExecuteScalarAsync<string>("SHOW idle_in_transaction_session_timeout"), Cancellation));
    }

    [Fact]
    public async Task A_blob_whose_row_is_being_written_is_not_removed()
    {
        var blobs = new FolderBlobStore(Path.Combine(_storage.Folder, "blobs"));
        var blob = await blobs.PutAsync(BlobArea.Adapters, new MemoryStream([1, 2, 3]), 3, Cancellation);
        await using var connection = await _storage.OpenAsync();
        await using var writing = await connection.BeginTransactionAsync(Cancellation);
        await AddTenantAsync("acme", connection, writing);
        await connection.ExecuteAsync(
            """
            INSERT INTO adapters (tenant, name, created_at) VALUES ('acme', 'story', 0);
            INSERT INTO adapter_versions (tenant, adapter, digest, base_digest, template, parameters, takes_pictures, manifest, created_at)
              VALUES ('acme', 'story', 'v', 'b', 'alpaca', 1, false, '{}', 0);
            """,
            transaction: writing);
        await connection.ExecuteAsync(
            "INSERT INTO version_components (tenant, adapter, version, name, digest, bytes) VALUES ('acme', 'story', 'v', 'tuning', @Digest, 3)", blob, writing);

        var release = new BlobReferences(Database, blobs).ReleaseAsync([blob], Cancellation);
        await Eventually.TrueAsync(async () => release.IsCompleted || await IsSomebodyWaitingAsync(), Cancellation);
        await writing.CommitAsync(Cancellation);
        await release;

        Assert.NotNull(await blobs.GetPathAsync(blob, Cancellation));
    }

    private static Task<int> ServerProcessAsync(DbConnection connection) => connection.ExecuteScalarAsync<int>("SELECT pg_backend_pid()");

    private static Task<int> AddTenantAsync(string name, DbConnection connection, DbTransaction transaction) => connection.ExecuteAsync(
        "INSERT INTO tenants (name, concurrent_sequences, adapters, created_at) VALUES (@name, 1, 1, 0)", new { name }, transaction);

    private async Task TerminateAsync(int process)
    {
        await using var other = await _storage.ConnectAsync();
        await using var connection = await other.Source.OpenConnectionAsync(Cancellation);
        await connection.ExecuteAsync("SELECT pg_terminate_backend(@process, 5000)", new { process });
    }

    private async Task<bool> IsSomebodyWaitingAsync()
    {
        await using var connection = await _storage.OpenAsync();
        return await connection.ExecuteScalarAsync<bool>("SELECT COUNT(*) FROM pg_locks WHERE NOT granted");
    }
}
