using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Storage;

/// <summary>Takes the data folder and brings the database up to date before anything else starts; gives the folder back when all has stopped.</summary>
internal sealed class StorageService(DataFolder folder, Migrator migrator, IOptions<StorageOptions> options) : IHostedLifecycleService, IDisposable
{
    private IDisposable? _lock;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        _lock = folder.LockAll();
        await (options.Value.MigrateAtStart ? migrator.MigrateAsync(cancellationToken) : migrator.RequireCurrentAsync(cancellationToken)).ConfigureAwait(false);
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
