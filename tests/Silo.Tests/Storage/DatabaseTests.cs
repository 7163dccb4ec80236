using Dapper;
using Herd.Silo.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Herd.Silo.Tests.Storage;

public abstract class DatabaseTests(TestStorage storage) : IAsyncLifetime
{
    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected Database Database => new(storage.Backend, NullLogger<Database>.Instance);

    private protected TestStorage Storage => storage;

    public async ValueTask InitializeAsync()
    {
        await storage.InitializeAsync();
        await using var connection = await storage.OpenAsync();
        await connection.ExecuteAsync("CREATE TABLE counts (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL); INSERT INTO counts VALUES (1, 0)");
    }

    public async ValueTask DisposeAsync()
    {
        await storage.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task What_a_transaction_read_has_not_changed_when_it_commits()
    {
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => AddManyAsync(10)));

        Assert.Equal(50, await AmountAsync());
    }

    [Fact]
    public async Task A_limit_that_is_counted_before_adding_is_never_passed()
    {
        await Task.WhenAll(Enumerable.Range(2, 8).Select(AddWhileFewerThanFourAsync));

        Assert.Equal(4, await Database.ReadAsync(connection => connection.ExecuteScalarAsync<int>("SELECT COUNT(*) FROM counts"), Cancellation));
    }

    [Fact]
    public async Task Work_that_fails_changes_nothing()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => Database.TransactAsync<int>(
            async (connection, transaction) =>
            {
                await connection.ExecuteAsync("UPDATE counts SET amount = 7", transaction: transaction);
                throw new InvalidOperationException();
            },
            Cancellation));

        Assert.Equal(0, await AmountAsync());
    }

    private protected Task<int> AmountAsync() =>
        Database.ReadAsync(connection => connection.ExecuteScalarAsync<int>("SELECT amount FROM counts WHERE id = 1"), Cancellation);

    private async Task AddManyAsync(int times)
    {
        for (var added = 0; added < times; added++)
        {
            await Database.TransactAsync(
                async (connection, transaction) =>
                {
                    var amount = await connection.ExecuteScalarAsync<int>("SELECT amount FROM counts WHERE id = 1", transaction: transaction);
                    return await connection.ExecuteAsync("UPDATE counts SET amount = @amount WHERE id = 1", new { amount = amount + 1 }, transaction);
                },
                Cancellation);
        }
    }

    private Task<int> AddWhileFewerThanFourAsync(int id) => Database.TransactAsync(
        async (connection, transaction) =>
        {
            var count = await connection.ExecuteScalarAsync<int>("SELECT COUNT(*) FROM counts", transaction: transaction);
            return count < 4 ? await connection.ExecuteAsync("INSERT INTO counts VALUES (@id, 0)", new { id }, transaction) : 0;
        },
        Cancellation);

    public sealed class OnSqlite() : DatabaseTests(new SqliteStorage());

    public sealed class OnPostgres(SharedPostgres server) : DatabaseTests(new PostgresStorage(server));
}
