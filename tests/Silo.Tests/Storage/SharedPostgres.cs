using Herd.Silo.Tests.Hosting;
using Herd.Testing.Postgres;

namespace Herd.Silo.Tests.Storage;

/// <summary>One server for all tests on PostgreSQL, started by the first; each test has a database of its own.</summary>
public sealed class SharedPostgres : IAsyncDisposable
{
    private readonly Lazy<Task<PostgresServer>> _server = new(() => PostgresServer.StartAsync(CancellationToken.None));

    public SharedPostgres() => Silo = new PostgresSilo(this);

    public PostgresSilo Silo { get; }

    /// <summary>Makes an empty database; skips the test where this machine has no PostgreSQL.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync()
    {
        Assert.SkipWhen(PostgresPrograms.Missing is not null, PostgresPrograms.Missing ?? "");
        return await (await _server.Value).CreateDatabaseAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Silo.DisposeAsync();
        if (_server.IsValueCreated)
        {
            await (await _server.Value).DisposeAsync();
        }
    }
}
