using Herd.Contracts.Adapters;
using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Engine.Adapters;
using Herd.Engine.Execution;
using Herd.Silo.Experts;
using Herd.Silo.Hosting;
using Herd.Silo.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Devices;

/// <summary>This process's devices from their start to their end. Each has a host and a lock of its own.</summary>
internal sealed class DeviceHosts : IHostedService, IAsyncDisposable
{
    // After the last token a turn still has to be stored.
    private static readonly TimeSpan WriteTime = TimeSpan.FromSeconds(2);

    private readonly ReplicaOptions _options;
    private readonly DataFolder _folder;
    private readonly ActiveCount _running;
    private readonly ReplicaStartup _startup;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _loading = new();
    private readonly CancellationTokenRegistration _onStopping;
    private readonly List<IDisposable> _locks = [];
    private Task _load = Task.CompletedTask;
    private int _disposed;

    public DeviceHosts(
        IOptions<ReplicaOptions> options,
        IOptions<HerdClusterOptions> cluster,
        DataFolder folder,
        IBlobStore blobs,
        ActiveCount running,
        ExpertPanel experts,
        ReplicaStartup startup,
        IHostApplicationLifetime lifetime,
        TimeProvider time,
        ILogger<DeviceHost> logger)
    {
        (_options, _folder, _running, _startup, _time) = (options.Value, folder, running, startup, time);
        All = [.. _options.Devices.Select(device => new DeviceHost(cluster.Value.SiloName, device, _options, blobs, running, experts, time, logger))];
        _onStopping = lifetime.ApplicationStopping.Register(BeginDraining);
    }

    /// <summary>The hosts, in the configured order.</summary>
    internal IReadOnlyList<DeviceHost> All { get; }

    /// <summary>The host behind a model grain's key; null where the key names none of this process's devices.</summary>
    internal DeviceHost? Find(string modelKey) => All.FirstOrDefault(device => device.ModelKey == modelKey);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _locks.AddRange(_options.Devices.SelectMany(DeviceNames.Split).Select(_folder.LockDevice));
        _load = LoadAsync(_loading.Token);
        return Task.CompletedTask;
    }

    /// <summary>Waits for what runs here, and for turns to be written down; then Orleans may take the grains away.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await EndLoadingAsync().ConfigureAwait(false);
        await _running.WhenEmptyAsync().WaitAsync(_options.DrainTimeout + WriteTime, _time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Frees the engines. The container calls it once for each name under which it knows this.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _onStopping.DisposeAsync().ConfigureAwait(false);
        await EndLoadingAsync().ConfigureAwait(false);
        foreach (var device in All)
        {
            await device.DisposeAsync().ConfigureAwait(false);
        }

        _loading.Dispose();
        _locks.ForEach(held => held.Dispose());
    }

    /// <summary>Reads and checks an uploaded adapter against the base that this process's devices hold.</summary>
    /// <exception cref="HerdException">The file is wrong or does not fit; or no base is loaded here yet.</exception>
    internal async Task<AdapterPackage> ReadAdapterAsync(string path, AdapterSettings settings, CancellationToken cancellationToken)
    {
        foreach (var device in All)
        {
            if (await device.ReadAdapterAsync(path, settings, cancellationToken).ConfigureAwait(false) is { } package)
            {
                return package;
            }
        }

        throw new HerdException(HerdErrorCode.Busy, "The replica is still loading.") { RetryAfter = EngineErrors.RetryAfter };
    }

    // One after another: the first leaves digests and file pages behind for the others.
    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            for (var i = 0; i < All.Count; i++)
            {
                await All[i].LoadAsync(_folder.DigestCache, new Relay(_startup, _options.Devices, i), cancellationToken).ConfigureAwait(false);
            }

            _startup.Succeed();
        }
        catch (Exception exception)
        {
            _startup.Fail(exception);
        }
    }

    private async Task EndLoadingAsync()
    {
        await _loading.CancelAsync().ConfigureAwait(false);
        await _load.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void BeginDraining()
    {
        foreach (var device in All)
        {
            device.BeginDraining();
        }
    }

    private sealed class Relay(ReplicaStartup startup, IReadOnlyList<string> devices, int index) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => startup.Progress = new LoadState(
            devices.Count == 1 ? value.Stage : $"{devices[index]}: {value.Stage}", (index + value.Fraction) / devices.Count);
    }
}
