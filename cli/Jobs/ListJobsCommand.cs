using System.CommandLine;
using Herd.Cli.Gateways;

namespace Herd.Cli.Jobs;

/// <summary><c>herd job list</c>: a tenant's training jobs.</summary>
internal sealed class ListJobsCommand : Command
{
    private readonly GatewayOption _gateway = new();

    internal ListJobsCommand()
        : base("list", "List the tenant's training jobs, newest first: id, adapter, state, steps, loss, accuracy, version, message, separated by tabs.")
    {
        _gateway.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        using var gateway = _gateway.Connect(line);
        await foreach (var job in gateway.ListAsync("/v1/training/jobs", cancellationToken).ConfigureAwait(false))
        {
            await line.InvocationConfiguration.Output.WriteLineAsync(JobLine.Of(job)).ConfigureAwait(false);
        }

        return 0;
    }
}
