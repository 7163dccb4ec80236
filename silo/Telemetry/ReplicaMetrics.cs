using System.Diagnostics.Metrics;
using Herd.Contracts.Models;
using Herd.Silo.Devices;
using Herd.Silo.Hosting;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Telemetry;

/// <summary>Tells what this process's replicas hold and do at the moment of asking.</summary>
internal sealed class ReplicaMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly DeviceHosts _devices;
    private readonly string _base;

    public ReplicaMetrics(IMeterFactory meters, DeviceHosts devices, IOptions<HerdClusterOptions> cluster)
    {
        _meter = meters.Create(HerdTelemetry.Name);
        (_devices, _base) = (devices, cluster.Value.BaseName);
        Gauge("herd.num_requests_running", "Sequences in the batch.", replica => replica.RunningSequences);
        Gauge("herd.num_requests_waiting", "Sequences that wait for room.", replica => replica.WaitingSequences);
        Gauge("herd.kv_cache_usage_perc", "Share of the key and value cache in use, 1 for all of it.", UseOf);
        Gauge("herd.resident_adapters", "Adapter versions in memory.", replica => replica.ResidentVersions.Length);
        Gauge("herd.replica_ready", "1 while the replica takes requests.", replica => replica.State == ReplicaState.Ready ? 1 : 0);
        Count("herd.adapter_cold_starts", "Requests that had to wait until their adapter version was loaded.", replica => replica.ColdStarts);
        Count("herd.prefix_cache_queries", "Prompt tokens that were looked for in the cache.", replica => replica.PromptTokens);
        Count("herd.prefix_cache_hits", "Prompt tokens that were found there and not computed.", replica => replica.ReusedTokens);
    }

    public void Dispose() => _meter.Dispose();

    private static double UseOf(ReplicaInfo replica) => replica.TotalBlocks == 0 ? 0 : 1 - ((double)replica.FreeBlocks / replica.TotalBlocks);

    private void Gauge(string name, string description, Func<ReplicaInfo, double> value) =>
        _meter.CreateObservableGauge(name, () => Measure(value), description: description);

    private void Count(string name, string description, Func<ReplicaInfo, long> value) =>
        _meter.CreateObservableCounter(name, () => Measure(value), description: description);

    private IEnumerable<Measurement<T>> Measure<T>(Func<ReplicaInfo, T> value)
        where T : struct => _devices.All
        .Select(device => device.Describe())
        .Select(replica => new Measurement<T>(value(replica), new("base", _base), new("replica", replica.ModelKey)));
}
