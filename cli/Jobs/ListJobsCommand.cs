using System.CommandLine;
using System.Text.Json;
using Herd.Cli.Gateways;

namespace Herd.Cli.Jobs;

/// <summary><c>herd job list</c>: a tenant's training jobs.</summary>
internal sealed class ListJobsCommand : Command
{
    private const int PageSize = 100;

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
        var token = "";
        do
        {
            using var page = await gateway.ReadAsync(
                $"/v1/training/jobs?limit={PageSize}&page_token={Uri.EscapeDataString(token)}",
                content => JsonDocument.ParseAsync(content, cancellationToken: cancellationToken),
                cancellationToken).ConfigureAwait(false);
            foreach (var job in page.RootElement.GetProperty("data").EnumerateArray())
            {
                await line.InvocationConfiguration.Output.WriteLineAsync(JobLine.Of(job)).ConfigureAwait(false);
            }

            token = page.RootElement.GetProperty("next_page_token").GetString();
        }
        while (token is not null);
        return 0;
    }
}
