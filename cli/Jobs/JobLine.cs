using System.Globalization;
using System.Text.Json;

namespace Herd.Cli.Jobs;

/// <summary>A training job in a line: id, adapter, state, steps, loss, accuracy, version, message, separated by tabs; what is not known yet is empty.</summary>
internal static class JobLine
{
    private const string Failed = "Failed";
    private const string Cancelled = "Cancelled";

    internal static string Of(JsonElement job) => string.Join(
        '\t',
        job.GetProperty("id").GetString(),
        job.GetProperty("settings").GetProperty("adapter").GetString(),
        job.GetProperty("state").GetString()!.ToLowerInvariant(),
        $"{job.GetProperty("steps_done").GetInt64()}/{job.GetProperty("steps").GetInt64()}",
        Number(job.GetProperty("loss"), "f4"),
        Number(job.GetProperty("accuracy"), "p1"),
        job.GetProperty("version").GetString(),
        job.GetProperty("message").GetString()?.ReplaceLineEndings(" "));

    /// <summary>Whether a job has ended without its aim.</summary>
    internal static bool HasFailed(JsonElement job) => job.GetProperty("state").GetString() is Failed or Cancelled;

    private static string Number(JsonElement value, string format) =>
        value.ValueKind == JsonValueKind.Number ? value.GetDouble().ToString(format, CultureInfo.InvariantCulture) : "";
}
