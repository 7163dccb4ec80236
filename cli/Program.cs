using System.CommandLine;
using Herd.Cli;
using Herd.Cli.Adapters;

var root = new RootCommand("Herd: many tenants' adapters over one LLaMA.")
{
    new Command("adapter", "Work with adapters.") { ConvertCommand.Create() },
};
return await CommandRunner.RunAsync(root, args, Console.Error);
