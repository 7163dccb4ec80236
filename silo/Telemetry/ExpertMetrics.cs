using System.Diagnostics.Metrics;
using System.Text.Json;
using Herd.Contracts.Experts;
using Herd.Silo.Hosting;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Telemetry;

/// <summary>Counts and times the experts that this process asks.</summary>
internal sealed class ExpertMetrics : IDisposable
{
    private const string Caption = "caption";
    private const int MaxExperts = 50;

    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    };

    private readonly Meter _meter;
    private readonly string _base;
    private readonly BoundedLabel _experts = new(MaxExperts);
    private readonly Counter<long> _requests;
    private readonly Counter<long> _cached;
    private readonly Histogram<double> _latency;

    public ExpertMetrics(IMeterFactory meters, IOptions<HerdClusterOptions> cluster)
    {
        _meter = meters.Create(HerdTelemetry.Name);
        _base = cluster.Value.BaseName;
        _requests = _meter.CreateCounter<long>("herd.expert_requests", description: "Experts that were to be asked, by what became of them.");
        _cached = _meter.CreateCounter<long>("herd.expert_cache_hits", description: "Experts that had said the same before and were not asked again.");
        _latency = _meter.CreateHistogram("herd.expert_latency", "s", "How long experts took that were asked.", advice: Seconds);
    }

    public void Dispose() => _meter.Dispose();

    internal void Count(ExpertReport report)
    {
        // Whatever a client may have written is no name of a metric's label, and each tenant has captioners of its own.
        var expert = report.Outcome == ExpertOutcome.Missing ? BoundedLabel.Other : ExpertNames.CaptionerOf(report.Name) is null ? _experts.Of(report.Name) : Caption;
        _requests.Add(1, new("base", _base), new("expert", expert), new("outcome", JsonNamingPolicy.SnakeCaseLower.ConvertName(report.Outcome.ToString())));
        if (report.IsCached)
        {
            _cached.Add(1, new("base", _base), new("expert", expert));
        }
        else
        {
            _latency.Record(report.Duration.TotalSeconds, new("base", _base), new("expert", expert));
        }
    }
}
