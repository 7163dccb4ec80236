using System.CommandLine;
using Herd.Cli.Gateways;

namespace Herd.Cli.Conversations;

/// <summary><c>herd conversation list</c>: all of a tenant's conversations.</summary>
internal sealed class ListCommand : Command
{
    private readonly GatewayOption _gateway = new();

    internal ListCommand()
        : base("list", "List the tenant's conversations, newest first: id, model, number of turns, moment, separated by tabs.")
    {
        _gateway.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        using var gateway = _gateway.Connect(line);
        await foreach (var conversation in gateway.ListAsync("/v1/conversations", cancellationToken).ConfigureAwait(false))
        {
            await line.InvocationConfiguration.Output.WriteLineAsync(string.Join(
                '\t',
                conversation.GetProperty("id").GetString(),
                conversation.GetProperty("model").GetString(),
                conversation.GetProperty("turns").GetInt32(),
                conversation.GetProperty("created_at").GetString())).ConfigureAwait(false);
        }

        return 0;
    }
}
