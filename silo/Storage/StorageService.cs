using Microsoft.Extensions.Hosting;

namespace Herd.Silo.Storage;

/// <summary>Takes the data folder and brings the database up to date before anything else starts; gives the folder back when all has stopped.</summary>
internal sealed class StorageService(DataFolder folder, Migrator migrator) : IHostedLifecycleService, IDisposable
{
    private IDisposable? _lock;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        _lock = folder.LockAll();
        await migrator.MigrateAsync(cancellationToken).ConfigureAwait(false);
    }

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _lock?.Dispose();
}
