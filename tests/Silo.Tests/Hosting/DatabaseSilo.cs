using Herd.Silo.Tests.Storage;

namespace Herd.Silo.Tests.Hosting;

/// <summary>A silo over one kind of database, started by the first test that needs it.</summary>
public abstract class DatabaseSilo : IAsyncLifetime
{
    private readonly TestStorage _storage;
    private readonly Lazy<Task<TestSilo>> _start;
    private TestSilo? _silo;

    protected DatabaseSilo(TestStorage storage)
    {
        _storage = storage;
        _start = new Lazy<Task<TestSilo>>(StartAsync);
    }

    public TestSilo Silo => _silo!;

    public async ValueTask InitializeAsync() => _silo = await _start.Value;

    public async ValueTask DisposeAsync()
    {
        if (_silo is not null)
        {
            await _silo.DisposeAsync();
        }

        await _storage.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private async Task<TestSilo> StartAsync()
    {
        await _storage.InitializeAsync();
        return await TestSilo.StartAsync(_storage, CancellationToken.None);
    }
}
