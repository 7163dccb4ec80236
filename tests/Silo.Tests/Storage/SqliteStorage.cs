using Herd.Silo.Storage;

namespace Herd.Silo.Tests.Storage;

/// <summary>The database in the data folder.</summary>
public sealed class SqliteStorage : TestStorage
{
    public override IEnumerable<(string Key, string Value)> Settings => [];

    internal override Task<Backend> ConnectAsync() => Task.FromResult<Backend>(new SqliteBackend(Path.Combine(Folder, "herd.db")));
}
