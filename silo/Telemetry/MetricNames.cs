using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Herd.Silo.Telemetry;

/// <summary>Gives Herd's metrics the prefix <c>herd:</c>, as servers of language models do; instruments themselves may have no colon in their names.</summary>
internal static partial class MetricNames
{
    internal static async Task PrefixAsync(HttpContext http, RequestDelegate next)
    {
        var response = http.Response.Body;
        await using var text = new MemoryStream();
        http.Response.Body = text;

        // The binary form could not be rewritten; the exporter speaks it only to those who ask.
        http.Request.Headers.Accept = "text/plain";
        try
        {
            await next(http);
        }
        finally
        {
            http.Response.Body = response;
        }

        var renamed = Encoding.UTF8.GetBytes(OwnName().Replace(Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length), "$1herd:"));
        http.Response.ContentLength = renamed.Length;
        await response.WriteAsync(renamed, http.RequestAborted);
    }

    [GeneratedRegex("^(# (?:TYPE|HELP|UNIT) )?herd_", RegexOptions.Multiline)]
    private static partial Regex OwnName();
}
