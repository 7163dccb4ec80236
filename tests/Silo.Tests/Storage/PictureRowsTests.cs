using Dapper;
using Herd.Contracts.Blobs;
using Herd.Silo.Conversations;
using Herd.Silo.Storage;
using Herd.Silo.Tenants;
using Microsoft.Extensions.Logging.Abstractions;

namespace Herd.Silo.Tests.Storage;

/// <summary>A picture that many turns name is one picture: what asks for it looks at one row.</summary>
public sealed class PictureRowsTests : IAsyncLifetime
{
    private static readonly string[] Digests = [.. Enumerable.Range(0, 3).Select(digit => new string((char)('a' + digit), 64))];

    private readonly SqliteStorage _storage = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _storage.InitializeAsync();

    public ValueTask DisposeAsync() => _storage.DisposeAsync();

    [Fact]
    public async Task Quota_look_up_and_release_cost_the_same_however_many_turns_name_a_picture()
    {
        await using var counting = new CountingSqlite(_storage.Folder);
        var database = new Database(counting, NullLogger<Database>.Instance);
        await new Migrator(counting).MigrateAsync(Cancellation);
        await ExecuteAsync(database, "INSERT INTO tenants (name, concurrent_sequences, adapters, created_at) VALUES ('acme', 1, 1, 0)");
        await ExecuteAsync(database, "INSERT INTO tenant_limits (tenant, stored_bytes, stored_pictures, weight) VALUES ('acme', 100, 3, 1)");
        await ExecuteAsync(database, "INSERT INTO conversations (tenant, id, model, epoch, created_at) VALUES ('acme', 'c', 'base', 1, 0)");

        await AddTurnsAsync(database, 0, 9);
        var few = await AskAsync(database, counting);
        await AddTurnsAsync(database, 9, 1000);
        var many = await AskAsync(database, counting);

        Assert.NotEmpty(few);
        Assert.Equal(few, many);
    }

    private async Task<IReadOnlyList<CountingSqlite.Statement>> AskAsync(Database database, CountingSqlite counting)
    {
        counting.Take();
        await database.TransactAsync(
            async (connection, transaction) =>
            {
                await StorageQuota.RequireAsync("acme", connection, transaction);
                return true;
            },
            Cancellation);
        await new TurnRepository(database, new ConversationRepository(database)).FindPictureAsync("acme", Digests[1], Cancellation);
        var blobs = new FolderBlobStore(Path.Combine(_storage.Folder, "blobs"));
        await new BlobReferences(database, blobs).ReleaseAsync([new BlobRef(BlobArea.Pictures, Digests[2], 5)], Cancellation);
        return counting.Take();
    }

    private static Task<int> AddTurnsAsync(Database database, int from, int to) => database.TransactAsync(
        async (connection, transaction) =>
        {
            var rows = Enumerable.Range(from, to - from).Select(position => new { position, turn = $"t{position}", digest = Digests[position % 3] });
            return await connection.ExecuteAsync(
                """
                INSERT INTO turns (tenant, conversation, position, turn_id, state, text, sampling, picture_digest, picture_bytes, created_at)
                VALUES ('acme', 'c', @position, @turn, 1, '', '{}', @digest, 5, 0)
                """,
                rows,
                transaction);
        },
        Cancellation);

    private static Task<int> ExecuteAsync(Database database, string sql) =>
        database.TransactAsync((connection, transaction) => connection.ExecuteAsync(sql, transaction: transaction), Cancellation);
}
