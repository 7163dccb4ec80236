using System.CommandLine;
using System.Text.Json;
using Herd.Cli.Gateways;

namespace Herd.Cli.Jobs;

/// <summary><c>herd job watch</c>: follows a training job to its end.</summary>
internal sealed class WatchJobCommand : Command
{
    private const int Failed = 1;

    private readonly Argument<string> _id = new("ID") { Description = "The job." };

    private readonly GatewayOption _gateway = new();

    internal WatchJobCommand()
        : base("watch", "Follow a training job to its end, a line as 'list' writes it each time it has changed. The exit code is 1 where it did not succeed.")
    {
        Add(_id);
        _gateway.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        using var gateway = _gateway.Connect(line);
        var output = line.InvocationConfiguration.Output;
        return await gateway.ReadAsync(
            $"/v1/training/jobs/{Uri.EscapeDataString(line.GetRequiredValue(_id))}/watch",
            async content =>
            {
                var hasFailed = false;
                using var lines = new StreamReader(content);
                while (await lines.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } text)
                {
                    using var job = JsonDocument.Parse(text);
                    hasFailed = JobLine.HasFailed(job.RootElement);
                    await output.WriteLineAsync(JobLine.Of(job.RootElement)).ConfigureAwait(false);
                    await output.FlushAsync(cancellationToken).ConfigureAwait(false);
                }

                return hasFailed ? Failed : 0;
            },
            cancellationToken).ConfigureAwait(false);
    }
}
