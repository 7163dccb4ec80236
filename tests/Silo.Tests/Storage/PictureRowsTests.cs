using Dapper;
using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Herd.Silo.Conversations;
using Herd.Silo.Storage;
using Herd.Silo.Tenants;
using Microsoft.Extensions.Logging.Abstractions;

namespace Herd.Silo.Tests.Storage;

/// <summary>A picture that many turns name is one picture: what asks for it looks at one row.</summary>
public abstract class PictureRowsTests(TestStorage storage) : IAsyncLifetime
{
    private static readonly string[] Digests = [.. Enumerable.Range(0, 3).Select(digit => new string((char)('a' + digit), 64))];

    private protected TestStorage Storage => storage;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await storage.InitializeAsync();
        await new Migrator(storage.Backend).MigrateAsync(Cancellation);
        var database = new Database(storage.Backend, NullLogger<Database>.Instance);
        await ExecuteAsync(database, "INSERT INTO tenants (name, concurrent_sequences, adapters, created_at) VALUES ('acme', 1, 1, 0)");
        await ExecuteAsync(database, "INSERT INTO tenant_limits (tenant, stored_bytes, stored_pictures, weight) VALUES ('acme', 15, 3, 1)");
        await ExecuteAsync(database, "INSERT INTO conversations (tenant, id, model, epoch, created_at) VALUES ('acme', 'c', 'base', 1, 0)");
    }

    public async ValueTask DisposeAsync()
    {
        await storage.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData("stored_pictures = 2", LimitNames.StoredPictures)]
    [InlineData("stored_bytes = 14", LimitNames.StoredBytes)]
    public async Task Quota_counts_each_picture_once_however_many_turns_name_it(string less, string limit)
    {
        var database = new Database(storage.Backend, NullLogger<Database>.Instance);
        await AddTurnsAsync(database, 0, 30);
        await RequireAsync(database);
        await ExecuteAsync(database, $"UPDATE tenant_limits SET {less}");

        var refused = await Assert.ThrowsAsync<HerdException>(() => RequireAsync(database));

        Assert.Equal((HerdErrorCode.QuotaExceeded, limit), (refused.Code, refused.Limit));
    }

    private static Task<bool> RequireAsync(Database database) => database.TransactAsync(
        async (connection, transaction) =>
        {
            await StorageQuota.RequireAsync("acme", connection, transaction);
            return true;
        },
        Cancellation);

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

    public sealed class OnSqlite() : PictureRowsTests(new SqliteStorage())
    {
        [Fact]
        public async Task Quota_look_up_and_release_cost_the_same_however_many_turns_name_a_picture()
        {
            await using var counting = new CountingSqlite(Storage.Folder);
            var database = new Database(counting, NullLogger<Database>.Instance);

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
            await RequireAsync(database);
            await new TurnRepository(database, new ConversationRepository(database)).FindPictureAsync("acme", Digests[1], Cancellation);
            var blobs = new FolderBlobStore(Path.Combine(Storage.Folder, "blobs"));
            await new BlobReferences(database, blobs).ReleaseAsync([new BlobRef(BlobArea.Pictures, Digests[2], 5)], Cancellation);
            return counting.Take();
        }
    }

    public sealed class OnPostgres(SharedPostgres server) : PictureRowsTests(new PostgresStorage(server));
}
