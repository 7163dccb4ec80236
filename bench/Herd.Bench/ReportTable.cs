using Spectre.Console;

namespace Herd.Bench;

/// <summary>A report for people.</summary>
internal static class ReportTable
{
    private const string None = "-";
    private const int Width = 100; // without a terminal there is no width to ask for

    /// <summary>Writes a report.</summary>
    public static void Write(IAnsiConsole console, Report report)
    {
        var (machine, options) = (report.Machine, report.Options);
        var instructions = machine.BFloat16.Count > 0 ? string.Join(", ", machine.BFloat16) : "no bfloat16 instructions";
        console.Profile.Width = Math.Max(console.Profile.Width, Width);
        console.WriteLine($"Machine   {machine.Cpu}, {machine.Cores} cores ({instructions}), {report.Threads} threads");
        console.WriteLine($"Base      {report.Base.Digest[..16]}, {report.Base.Parameters:N0} parameters, {options.Dtype}");
        console.WriteLine($"Adapters  {options.Adapters} different ones of {report.AdapterParameters:N0} values: scale, bias, norm, prompts");
        console.WriteLine($"Sequences {options.Prompt} tokens of prompt, {options.Generate} generated");
        console.WriteLine($"Program   {report.Version}, {report.StartedUtc:yyyy-MM-dd HH:mm} UTC");

        var table = new Table().AddColumns("at once", "figure", "bare base", "adapters", "ratio [[95 %]]", "blocks");
        foreach (var measurement in report.Measurements)
        {
            AddRows(table, measurement, report.StepBytes);
        }

        console.Write(table);
    }

    private static void AddRows(Table table, Measurement measurement, long stepBytes)
    {
        var blocks = measurement.Discarded == 0 ? $"{measurement.Quiet}" : $"{measurement.Quiet} ({measurement.Discarded} discarded)";
        var decode = measurement.Decode;
        double? Gigabytes(double? rate) => rate / measurement.Sequences * stepBytes / 1e9;
        Add(table, $"{measurement.Sequences}", "prompt, tokens/s", measurement.Prompt?.Bare, measurement.Prompt?.Adapters, Ratio(measurement.Prompt), blocks);
        Add(table, "", "decode, tokens/s", decode?.Bare, decode?.Adapters, Ratio(decode), "");
        Add(table, "", "weights read, GB/s", Gigabytes(decode?.Bare), Gigabytes(decode?.Adapters), "", "");
        Add(table, "", "first token p50, ms", measurement.BareFirstToken?.P50 * 1e3, measurement.AdaptersFirstToken?.P50 * 1e3, "", "");
        Add(table, "", "first token p99, ms", measurement.BareFirstToken?.P99 * 1e3, measurement.AdaptersFirstToken?.P99 * 1e3, "", "");
        table.AddEmptyRow();
    }

    private static void Add(Table table, string count, string figure, double? bare, double? adapters, string ratio, string blocks) =>
        table.AddRow(new Text(count), new Text(figure), new Text(Number(bare)), new Text(Number(adapters)), new Text(ratio), new Text(blocks));

    private static string Number(double? value) => value is { } number ? number.ToString(number < 100 ? "F2" : "N0") : None;

    private static string Ratio(Comparison? comparison) => comparison switch
    {
        null => None,
        { RatioInterval: { } interval } => $"{comparison.Ratio:F3} [{interval.Low:F3}, {interval.High:F3}]",
        _ => $"{comparison.Ratio:F3}",
    };
}
