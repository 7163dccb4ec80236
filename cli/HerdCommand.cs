using System.CommandLine;
using Herd.Cli.Adapters;
using Herd.Cli.Bases;
using Herd.Cli.Conversations;
using Herd.Cli.Databases;

namespace Herd.Cli;

/// <summary>The whole command line.</summary>
internal sealed class HerdCommand : RootCommand
{
    internal HerdCommand()
        : base("Herd: many tenants' adapters over one LLaMA.")
    {
        Add(new Command("adapter", "Work with adapters.") { new ConvertCommand(), new InspectCommand() });
        Add(new Command("base", "Work with bases.") { new QuantizeCommand() });
        Add(new Command("conversation", "Work with a tenant's conversations at a gateway.") { new ListCommand(), new ExportCommand(), new DeleteCommand() });
        Add(new Command("db", "Work with the database.") { new MigrateCommand() });
    }
}
