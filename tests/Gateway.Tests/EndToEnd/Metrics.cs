using System.Globalization;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Herd.Testing;

namespace Herd.Gateway.Tests.EndToEnd;

/// <summary>What <c>/metrics</c> told at one moment.</summary>
internal sealed class Metrics(string text)
{
    /// <summary>The whole page.</summary>
    public string Text => text;

    /// <summary>Reads the page as the administrator.</summary>
    public static async Task<Metrics> ReadAsync(GatewayProcess process, CancellationToken cancellationToken)
    {
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", HerdPrograms.AdminKey);
        return new Metrics(await client.GetStringAsync(new Uri(process.Admin, "/metrics"), cancellationToken));
    }

    /// <summary>The value of the only metric with a name and labels; null where there is none.</summary>
    public double? Find(string name, params (string Name, string Value)[] labels)
    {
        var line = text.Split('\n').SingleOrDefault(line =>
            line.StartsWith(name + "{", StringComparison.Ordinal)
            && labels.All(label => line.Contains($"{label.Name}=\"{label.Value}\"", StringComparison.Ordinal)));
        return line is null ? null : double.Parse(Regex.Match(line, @"\} (\S+)").Groups[1].Value, CultureInfo.InvariantCulture);
    }
}
