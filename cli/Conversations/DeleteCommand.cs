using System.CommandLine;
using Herd.Cli.Gateways;

namespace Herd.Cli.Conversations;

/// <summary><c>herd conversation delete</c>: a conversation and its pictures removed.</summary>
internal sealed class DeleteCommand : Command
{
    private readonly Argument<string> _id = new("ID") { Description = "The conversation." };
    private readonly GatewayOption _gateway = new();

    internal DeleteCommand()
        : base("delete", "Delete a conversation with all its turns, for good. A running turn is cancelled.")
    {
        Add(_id);
        _gateway.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        using var gateway = _gateway.Connect(line);
        var id = line.GetRequiredValue(_id);
        await gateway.DeleteAsync($"/v1/conversations/{Uri.EscapeDataString(id)}", cancellationToken).ConfigureAwait(false);
        await line.InvocationConfiguration.Output.WriteLineAsync($"deleted {id}").ConfigureAwait(false);
        return 0;
    }
}
