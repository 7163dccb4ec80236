using System.CommandLine;
using System.Text.Json;
using Herd.Cli.Gateways;

namespace Herd.Cli.Conversations;

/// <summary><c>herd conversation list</c>: all of a tenant's conversations.</summary>
internal sealed class ListCommand : Command
{
    private const int PageSize = 100;

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
        var output = line.InvocationConfiguration.Output;
        var token = "";
        do
        {
            using var page = await gateway.ReadAsync(
                $"/v1/conversations?limit={PageSize}&page_token={Uri.EscapeDataString(token)}",
                content => JsonDocument.ParseAsync(content, cancellationToken: cancellationToken),
                cancellationToken).ConfigureAwait(false);
            foreach (var conversation in page.RootElement.GetProperty("data").EnumerateArray())
            {
                await output.WriteLineAsync(string.Join(
                    '\t',
                    conversation.GetProperty("id").GetString(),
                    conversation.GetProperty("model").GetString(),
                    conversation.GetProperty("turns").GetInt32(),
                    conversation.GetProperty("created_at").GetString())).ConfigureAwait(false);
            }

            token = page.RootElement.GetProperty("next_page_token").GetString();
        }
        while (token is not null);
        return 0;
    }
}
