using System.CommandLine;
using Herd.Cli.Adapters;
using Herd.Cli.Bases;
using Herd.Cli.Conversations;
using Herd.Cli.Databases;
using Herd.Cli.Demo;
using Herd.Cli.Jobs;
using Herd.Cli.Training;

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
        Add(new Command("job", "Work with a tenant's training jobs at a gateway.") { new CreateJobCommand(), new ListJobsCommand(), new WatchJobCommand(), new CancelJobCommand() });
        Add(new Command("db", "Work with the database.") { new MigrateCommand() });
        Add(new TrainCommand());
        Add(new Command("demo", "Work with the bundled model and its small world.") { new DataCommand(), new DemoTrainCommand(), new ReportCommand(), new AblateCommand() });
    }
}
