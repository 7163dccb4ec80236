using System.Data.Common;
using Herd.Silo.Storage;
using Herd.Testing;

namespace Herd.Silo.Tests.Storage;

/// <summary>A data folder and an empty database of a test's own; made by the class that names the kind of database.</summary>
public abstract class TestStorage : IAsyncLifetime
{
    private readonly TestFolder _folder = new();
    private Backend? _backend;

    public string Folder => _folder.Path;

    /// <summary>What a silo is configured with to use it.</summary>
    public abstract IEnumerable<(string Key, string Value)> Settings { get; }

    internal Backend Backend => _backend!;

    public async ValueTask InitializeAsync() => _backend = await ConnectAsync();

    public async ValueTask DisposeAsync()
    {
        if (_backend is not null)
        {
            await _backend.DisposeAsync();
        }

        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    internal async Task<DbConnection> OpenAsync() => await Backend.Source.OpenConnectionAsync(TestContext.Current.CancellationToken);

    /// <summary>What a process of its own would make to reach the same database.</summary>
    internal abstract Task<Backend> ConnectAsync();
}
