using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Silo.Hosting;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Telemetry;

/// <summary>Counts and times the generations of this process's replicas, by base, tenant and adapter.</summary>
/// <remarks>An answer that goes on at another replica is counted at each, with the tokens that each computed.</remarks>
internal sealed class GenerationMetrics : IDisposable
{
    private const string NoAdapter = "";

    private static readonly InstrumentAdvice<double> WaitingSeconds = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160],
    };

    private static readonly InstrumentAdvice<double> TokenSeconds = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5],
    };

    private static readonly InstrumentAdvice<double> RequestSeconds = new()
    {
        HistogramBucketBoundaries = [0.1, 0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480],
    };

    private readonly Meter _meter;
    private readonly string _base;
    private readonly BoundedLabel _tenants;
    private readonly BoundedLabel _adapters;
    private readonly Histogram<double> _timeToFirstToken;
    private readonly Histogram<double> _timePerOutputToken;
    private readonly Histogram<double> _latency;
    private readonly Counter<long> _promptTokens;
    private readonly Counter<long> _generationTokens;
    private readonly Counter<long> _successes;
    private readonly Counter<long> _failures;

    public GenerationMetrics(IMeterFactory meters, IOptions<HerdClusterOptions> cluster, IOptions<TelemetryOptions> options)
    {
        _meter = meters.Create(HerdTelemetry.Name);
        _base = cluster.Value.BaseName;
        (_tenants, _adapters) = (new BoundedLabel(options.Value.MaxTenants), new BoundedLabel(options.Value.MaxAdapters));
        _timeToFirstToken = _meter.CreateHistogram("herd.time_to_first_token", "s", "From submission to the first token.", advice: WaitingSeconds);
        _timePerOutputToken = _meter.CreateHistogram("herd.time_per_output_token", "s", "Between tokens of one answer, on average.", advice: TokenSeconds);
        _latency = _meter.CreateHistogram("herd.e2e_request_latency", "s", "From submission to the end of an answer.", advice: RequestSeconds);
        _promptTokens = _meter.CreateCounter<long>("herd.prompt_tokens", description: "Tokens of prompts.");
        _generationTokens = _meter.CreateCounter<long>("herd.generation_tokens", description: "Generated tokens.");
        _successes = _meter.CreateCounter<long>("herd.request_success", description: "Complete answers.");
        _failures = _meter.CreateCounter<long>("herd.request_failure", description: "Generations that ended in an error or were cancelled.");
    }

    /// <summary>Passes a generation through, and counts it.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="updates">The generation.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The same updates.</returns>
    internal async IAsyncEnumerable<GenerationUpdate> MeasureAsync(
        GenerateRequest request, IAsyncEnumerable<GenerationUpdate> updates, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var labels = LabelsOf(request);
        using var span = HerdTelemetry.Source.StartActivity("replica.generate");
        span?.SetTag("herd.tenant", request.Tenant).SetTag("herd.version", request.Version?.Digest);
        var ending = "abandoned";
        try
        {
            await using var source = updates.GetAsyncEnumerator(cancellationToken);
            while (await NextAsync(source, code => ending = code).ConfigureAwait(false))
            {
                if (source.Current is GenerationFinished finished)
                {
                    ending = "";
                    _successes.Add(1, [.. labels, new("finished_reason", NameOf(finished.Reason))]);
                }

                Count(source.Current, labels, span);
                yield return source.Current;
            }
        }
        finally
        {
            if (ending.Length > 0)
            {
                span?.SetStatus(ActivityStatusCode.Error, ending);
                _failures.Add(1, [.. labels, new("code", ending)]);
            }
        }
    }

    public void Dispose() => _meter.Dispose();

    private static async Task<bool> NextAsync(IAsyncEnumerator<GenerationUpdate> source, Action<string> failed)
    {
        try
        {
            return await source.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            failed(exception switch
            {
                HerdException herd => herd.Code.ToString(),
                OperationCanceledException => "abandoned",
                _ => nameof(HerdErrorCode.Internal),
            });
            throw;
        }
    }

    private void Count(GenerationUpdate update, TagList labels, Activity? span)
    {
        switch (update)
        {
            case GenerationStarted started:
                _promptTokens.Add(started.PromptTokens, labels);
                span?.SetTag("herd.prompt_tokens", started.PromptTokens);
                break;
            case TokensGenerated tokens:
                _generationTokens.Add(tokens.Ids.Length, labels);
                break;
            case GenerationFinished finished:
                _timeToFirstToken.Record(finished.TimeToFirstToken.TotalSeconds, labels);
                _latency.Record(finished.Duration.TotalSeconds, labels);
                if (finished.CompletionTokens > 1)
                {
                    _timePerOutputToken.Record((finished.Duration - finished.TimeToFirstToken).TotalSeconds / (finished.CompletionTokens - 1), labels);
                }

                span?.SetTag("herd.completion_tokens", finished.CompletionTokens).SetTag("herd.reused_tokens", finished.ReusedTokens)
                    .SetTag("herd.time_to_first_token", finished.TimeToFirstToken.TotalSeconds);
                break;
        }
    }

    // Adapters of different tenants may have the same name, so they are counted by both.
    private TagList LabelsOf(GenerateRequest request)
    {
        var adapter = request.Version is { } version && _adapters.Of($"{version.Tenant}/{version.Adapter}") is var known
            ? known == BoundedLabel.Other ? known : version.Adapter
            : NoAdapter;
        return new TagList { { "base", _base }, { "tenant", _tenants.Of(request.Tenant) }, { "adapter", adapter } };
    }

    private static string NameOf(FinishReason reason) => reason switch
    {
        FinishReason.Stop => "stop",
        FinishReason.Length => "length",
        _ => "abort",
    };
}
