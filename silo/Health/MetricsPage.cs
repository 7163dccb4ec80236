using Herd.Contracts.Tenants;
using Herd.Silo.Storage;
using Herd.Silo.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Health;

/// <summary>Answers <c>GET /metrics</c> of a silo: to the administrator alone, unless the operator chose otherwise.</summary>
internal sealed class MetricsPage(IServiceProvider services, DataFolder folder, IOptions<TelemetryOptions> options)
{
    // The process builds its metrics later than its listener.
    private readonly Lazy<RequestDelegate> _metrics = new(() => HerdTelemetry.BuildMetrics(services));
    private AdminKey? _administrator;

    /// <summary>Writes the figures of the process, or refuses.</summary>
    internal async Task WriteAsync(HttpContext http)
    {
        if (options.Value.MetricsWithoutKey || await IsAdministratorAsync(http).ConfigureAwait(false))
        {
            await _metrics.Value(http).ConfigureAwait(false);
            return;
        }

        http.Response.StatusCode = StatusCodes.Status401Unauthorized;
        http.Response.Headers.WWWAuthenticate = "Bearer";
        await http.Response.WriteAsync("Metrics are for the administrator: send 'Authorization: Bearer' with the key.", http.RequestAborted).ConfigureAwait(false);
    }

    private async Task<bool> IsAdministratorAsync(HttpContext http) =>
        KeyHeader.Read(http.Request.Headers.Authorization, http.Request.Headers[KeyHeader.Alternative]) is { } key
        && (_administrator ??= await AdminKey.FindAsync(folder.Root, http.RequestAborted).ConfigureAwait(false)) is { } administrator
        && administrator.Matches(key);
}
