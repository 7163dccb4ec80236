using System.Diagnostics;
using Herd.Silo.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Herd.Silo.Telemetry;

/// <summary>Metrics, traces and the form of the log, the same for every process of a cluster.</summary>
public static class HerdTelemetry
{
    /// <summary>Where metrics are read.</summary>
    public const string MetricsPath = "/metrics";

    internal const string Name = "Herd";

    private const string Orleans = "Microsoft.Orleans";

    internal static ActivitySource Source { get; } = new(Name);

    /// <summary>Adds metrics, and traces where a collector is configured.</summary>
    /// <param name="builder">The process.</param>
    /// <returns>The same builder.</returns>
    public static IHostApplicationBuilder AddHerdTelemetry(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var section = builder.Configuration.GetSection(TelemetryOptions.Section);
        SiloHosting.Bind<TelemetryOptions>(builder, TelemetryOptions.Section);
        AddLog(builder.Logging);
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(Name.ToLowerInvariant()))
            .WithMetrics(metrics => metrics
                .AddMeter(Name, Orleans, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
                // Whoever asks is told of now, and not what another was told up to 300 ms ago.
                .AddPrometheusExporter(prometheus => prometheus.ScrapeResponseCacheDurationMilliseconds = 0));
        if (section[nameof(TelemetryOptions.OtlpEndpoint)] is { Length: > 0 })
        {
            AddTraces(telemetry);
        }

        return builder;
    }

    /// <summary>Serves the metrics in Prometheus' text form at <see cref="MetricsPath"/>.</summary>
    /// <param name="routes">Where to map them.</param>
    /// <returns>For conditions such as a key.</returns>
    public static IEndpointConventionBuilder MapHerdMetrics(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        return routes.MapGet(MetricsPath, BuildMetrics(routes.ServiceProvider));
    }

    /// <summary>What answers with the metrics.</summary>
    /// <param name="services">The process's services.</param>
    internal static RequestDelegate BuildMetrics(IServiceProvider services)
    {
        var pipeline = new ApplicationBuilder(services);
        pipeline.Use(MetricNames.PrefixAsync);
        pipeline.UseOpenTelemetryPrometheusScrapingEndpoint(_ => true);
        return pipeline.Build();
    }

    private static void AddTraces(OpenTelemetryBuilder telemetry)
    {
        telemetry.WithTracing(traces => traces
            .AddSource(Name, $"{Orleans}.Application")
            .AddAspNetCoreInstrumentation(requests => requests.Filter = http => !http.Request.Path.StartsWithSegments(MetricsPath))
            .SetSampler(provider => new NoStepsSampler(provider.GetRequiredService<IOptions<TelemetryOptions>>().Value.TraceShare))
            .AddOtlpExporter());
        telemetry.Services.AddOptions<OpenTelemetry.Exporter.OtlpExporterOptions>()
            .Configure<IOptions<TelemetryOptions>>((exporter, options) => exporter.Endpoint = options.Value.OtlpEndpoint!);
    }

    private static void AddLog(ILoggingBuilder logging)
    {
        logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true).AddJsonConsole();
        logging.Services.AddOptions<ConsoleLoggerOptions>().Configure<IOptions<TelemetryOptions>>((console, options) =>
        {
            console.FormatterName = options.Value.LogFormat == "json" ? ConsoleFormatterNames.Json : ConsoleFormatterNames.Simple;
            console.LogToStandardErrorThreshold = LogLevel.Trace;
        });
    }
}
