using System.CommandLine;
using Herd.Faults;
using Herd.Testing.Postgres;

var seed = new Option<int>("--seed") { Description = "Decides the faults and what clients ask for.", DefaultValueFactory = _ => 1 };
var minutes = new Option<double>("--minutes") { Description = "How long load and faults last.", DefaultValueFactory = _ => 5 };
var mode = new Option<string>("--mode") { Description = "What the gateways are to the cluster.", DefaultValueFactory = _ => "member" }.AcceptOnlyFromAmong("member", "client");
var database = new Option<string>("--database") { Description = "Where the rows are.", DefaultValueFactory = _ => "sqlite" }.AcceptOnlyFromAmong("sqlite", "postgresql");
var tenants = new Option<int>("--tenants") { Description = "How many tenants have clients.", DefaultValueFactory = _ => 2 };
var show = new Option<int?>("--show") { Description = "Show so many steps of the plan, and do nothing." };
var reportTo = new Option<FileInfo?>("--report") { Description = "File for the report as JSON." };
var logs = new Option<string>("--logs") { Description = "Folder for the logs of processes; kept where something was found.", DefaultValueFactory = _ => "artifacts/faults" };

var root = new RootCommand("Disturbs a cluster of real processes under load, and holds it to its promises: exit code 0 when none was broken.")
{
    seed, minutes, mode, database, tenants, show, reportTo, logs,
};
root.SetAction(async (parsed, cancellationToken) =>
{
    var settings = new RunSettings
    {
        Seed = parsed.GetValue(seed),
        Length = TimeSpan.FromMinutes(parsed.GetValue(minutes)),
        Mode = parsed.GetValue(mode)!,
        IsOnPostgres = parsed.GetValue(database) == "postgresql",
        Tenants = parsed.GetValue(tenants),
        LogFolder = Path.GetFullPath(Path.Combine(parsed.GetValue(logs)!, $"{parsed.GetValue(mode)}-{parsed.GetValue(database)}-{parsed.GetValue(seed)}")),
    };
    if (parsed.GetValue(show) is { } steps)
    {
        Console.WriteLine(string.Join('\n', settings.Plan.Steps().Take(steps)));
        return 0;
    }

    if (settings.IsOnPostgres && PostgresPrograms.Missing is { } missing)
    {
        await Console.Error.WriteLineAsync(missing);
        return 2;
    }

    var report = await new FaultRun(settings, Console.Out).RunAsync(cancellationToken);
    await Console.Out.WriteLineAsync(report.ToText());
    if (parsed.GetValue(reportTo) is { } file)
    {
        file.Directory?.Create();
        await File.WriteAllTextAsync(file.FullName, report.ToJson(), cancellationToken);
    }

    return report.IsClean ? 0 : 1;
});
return await root.Parse(args).InvokeAsync();
