using Herd.Testing;

namespace Herd.Silo.Tests.Hosting;

/// <summary>One silo for all tests that only need some silo; each uses a tenant of its own.</summary>
public sealed class SharedSilo : IAsyncLifetime
{
    private readonly TestFolder _folder = new();
    private TestSilo? _silo;

    public TestSilo Silo => _silo!;

    public async ValueTask InitializeAsync() => _silo = await TestSilo.StartAsync(_folder.Path, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await Silo.DisposeAsync();
        _folder.Dispose();
    }
}
