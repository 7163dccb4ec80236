using Herd.Silo.Storage;

namespace Herd.Silo.Tests.Storage;

/// <summary>A database of the tests' server.</summary>
public sealed class PostgresStorage(SharedPostgres server) : TestStorage
{
    private string? _connectionString;

    public override IEnumerable<(string Key, string Value)> Settings =>
        [("Storage:Database", "postgresql"), ("Storage:ConnectionString", _connectionString!)];

    internal override async Task<Backend> ConnectAsync() => new PostgresBackend(_connectionString ??= await server.CreateDatabaseAsync());
}
