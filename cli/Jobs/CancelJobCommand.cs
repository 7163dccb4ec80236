using System.CommandLine;
using System.Text.Json;
using Herd.Cli.Gateways;

namespace Herd.Cli.Jobs;

/// <summary><c>herd job cancel</c>: ends a training job.</summary>
internal sealed class CancelJobCommand : Command
{
    private readonly Argument<string> _id = new("ID") { Description = "The job." };

    private readonly GatewayOption _gateway = new();

    internal CancelJobCommand()
        : base("cancel", "End a training job: one that waits at once, one that runs within seconds.")
    {
        Add(_id);
        _gateway.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        using var gateway = _gateway.Connect(line);
        using var job = await gateway.PostAsync(
            $"/v1/training/jobs/{Uri.EscapeDataString(line.GetRequiredValue(_id))}/cancel",
            content: null,
            answer => JsonDocument.ParseAsync(answer, cancellationToken: cancellationToken),
            cancellationToken).ConfigureAwait(false);
        await line.InvocationConfiguration.Output.WriteLineAsync(JobLine.Of(job.RootElement)).ConfigureAwait(false);
        return 0;
    }
}
