using System.CommandLine;
using Herd.Fuzz;

if (Worker.TryRun(args))
{
    return 0;
}

var count = new Option<long>("--count") { Description = "Inputs in all.", DefaultValueFactory = _ => 20_000 };
var target = new Option<string?>("--target") { Description = "One reader alone; without it all, each by its share." };
var seed = new Option<int>("--seed") { Description = "Decides the inputs.", DefaultValueFactory = _ => 1 };
var first = new Option<long>("--first") { Description = "Number of the first input of a target: with --target, --seed and --count 1 an input is made again.", DefaultValueFactory = _ => 0 };
var parallel = new Option<int>("--parallel") { Description = "Processes at once.", DefaultValueFactory = _ => Environment.ProcessorCount };
var list = new Option<bool>("--list") { Description = "Name the readers." };
var save = new Option<string>("--save") { Description = "Folder for inputs with findings.", DefaultValueFactory = _ => "artifacts/fuzz" };

var root = new RootCommand("Attacks Herd's readers of foreign files with changed files.") { count, target, seed, first, parallel, list, save };
root.SetAction(async (parsed, cancellationToken) =>
{
    using var targets = new Targets();
    if (parsed.GetValue(list))
    {
        Console.WriteLine(string.Join('\n', targets.All.Select(candidate => candidate.Name)));
        return 0;
    }

    var chosen = targets.All.Where(candidate => parsed.GetValue(target) is not { } name || candidate.Name == name).ToList();
    if (chosen.Count == 0)
    {
        Console.Error.WriteLine($"There is no reader '{parsed.GetValue(target)}'. See --list.");
        return 2;
    }

    var campaign = new Campaign(chosen, parsed.GetValue(seed), parsed.GetValue(first), parsed.GetValue(parallel));
    return await campaign.RunAsync(parsed.GetValue(count), parsed.GetValue(save)!, Console.Out, cancellationToken);
});
return await root.Parse(args).InvokeAsync();
