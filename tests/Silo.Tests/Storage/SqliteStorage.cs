using Herd.Silo.Storage;

namespace Herd.Silo.Tests.Storage;

/// <summary>The database in the data folder.</summary>
public sealed class SqliteStorage : TestStorage
{
    internal override Task<Backend> ConnectAsync() => Task.FromResult<Backend>(new SqliteBackend(Path.Combine(Folder, "herd.db")));
}
