using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Herd.Silo.Health;

/// <summary>What a process says of its health: one word where it is well, otherwise a line for each thing that is wrong.</summary>
public static class HealthWords
{
    /// <summary>Writes a report; the status is set before.</summary>
    /// <param name="http">Who asked.</param>
    /// <param name="report">What was found.</param>
    /// <returns>A task.</returns>
    public static Task WriteAsync(HttpContext http, HealthReport report)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(report);
        var faults = report.Entries.Values.Where(entry => entry.Status != HealthStatus.Healthy).Select(entry => entry.Description);
        http.Response.ContentType = "text/plain";
        return http.Response.WriteAsync(report.Status == HealthStatus.Healthy ? "Healthy" : string.Join('\n', faults), http.RequestAborted);
    }
}
