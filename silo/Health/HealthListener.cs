using Herd.Silo.Startup;
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

/// <summary>Answers <c>GET /healthz</c> while the process lives, and <c>GET /readyz</c> once it serves.</summary>
/// <remarks>A server of its own, which starts before the silo and stops after it, so that it also answers while the silo joins and drains.</remarks>
internal sealed class HealthListener : IHostedService, IAsyncDisposable
{
    private readonly WebApplication _server;

    public HealthListener(IOptions<HealthOptions> options, HealthCheckService checks, ILoggerFactory loggers)
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
        _server.Run(http => AnswerAsync(http, checks));
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

    private static async Task AnswerAsync(HttpContext http, HealthCheckService checks)
    {
        (http.Response.StatusCode, var words) = http.Request.Path.Value switch
        {
            "/healthz" => (StatusCodes.Status200OK, "Healthy"),
            "/readyz" => Told(await checks.CheckHealthAsync(http.RequestAborted).ConfigureAwait(false)),
            _ => (StatusCodes.Status404NotFound, "This port answers /healthz and /readyz."),
        };
        http.Response.ContentType = "text/plain";
        await http.Response.WriteAsync(words, http.RequestAborted).ConfigureAwait(false);
    }

    private static (int Status, string Words) Told(HealthReport report)
    {
        var faults = report.Entries.Values.Where(entry => entry.Status != HealthStatus.Healthy).Select(entry => entry.Description).ToArray();
        return faults.Length == 0 ? (StatusCodes.Status200OK, "Healthy") : (StatusCodes.Status503ServiceUnavailable, string.Join('\n', faults));
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
