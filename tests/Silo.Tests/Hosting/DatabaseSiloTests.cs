namespace Herd.Silo.Tests.Hosting;

/// <summary>Tests that run over each kind of database, on a silo that they share.</summary>
public abstract class DatabaseSiloTests(DatabaseSilo shared) : IAsyncLifetime
{
    protected TestSilo Silo => shared.Silo;

    public ValueTask InitializeAsync() => shared.InitializeAsync();

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
