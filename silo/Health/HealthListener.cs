using Herd.Silo.Startup;
using Herd.Silo.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Health;

/// <summary>Answers <c>GET /healthz</c> while the process lives, <c>GET /readyz</c> once it serves, and <c>GET /metrics</c>.</summary>
/// <remarks>A server of its own, which starts before the silo and stops after it, so that it also answers while the silo joins and drains.</remarks>
internal sealed class HealthListener : IHostedService, IAsyncDisposable
{
    private readonly WebApplication _server;

    public HealthListener(IOptions<HealthOptions> options, HealthCheckService checks, MetricsPage metrics, ILoggerFactory loggers)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);

        // Signals are the silo's matter.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(Ports.Parse(options.Value.Address), options.Value.Port);
        });
        _server = builder.Build();
        _server.Run(http => AnswerAsync(http, checks, metrics));
    }

    /// <summary>Where it listens, once it was started.</summary>
    internal string Address => _server.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();

    /// <summary>Throws where it could not listen.</summary>
    /// <exception cref="StartupException">The address is none, or the port is taken.</exception>
    internal static void Check(HealthOptions options) =>
        Ports.RequireFree(Ports.Parse(options.Address), options.Port, "health", "--health-port PORT");

    public Task StartAsync(CancellationToken cancellationToken) => _server.StartAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => _server.StopAsync(cancellationToken);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static Task AnswerAsync(HttpContext http, HealthCheckService checks, MetricsPage metrics)
    {
        http.Response.ContentType = "text/plain";
        return http.Request.Path.Value switch
        {
            "/healthz" => http.Response.WriteAsync("Healthy", http.RequestAborted),
            "/readyz" => TellReadinessAsync(http, checks),
            HerdTelemetry.MetricsPath => metrics.WriteAsync(http),
            _ => RefuseAsync(http),
        };
    }

    private static async Task TellReadinessAsync(HttpContext http, HealthCheckService checks)
    {
        var report = await checks.CheckHealthAsync(http.RequestAborted).ConfigureAwait(false);
        http.Response.StatusCode = report.Status == HealthStatus.Healthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        await HealthWords.WriteAsync(http, report).ConfigureAwait(false);
    }

    private static Task RefuseAsync(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status404NotFound;
        return http.Response.WriteAsync($"This port answers /healthz, /readyz and {HerdTelemetry.MetricsPath}.", http.RequestAborted);
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
