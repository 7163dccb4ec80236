using System.CommandLine;
using Herd.Engine;

namespace Herd.Cli;

/// <summary>Runs a command line and turns its failures into one line and an exit code: 2 for bad usage, 1 for everything else.</summary>
internal static class CommandRunner
{
    private const int Failed = 1;
    private const int Misused = 2;

    internal static async Task<int> RunAsync(RootCommand root, string[] args, TextWriter errors)
    {
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await errors.WriteLineAsync($"herd: {error.Message.ReplaceLineEndings(" ").Replace("\t", "", StringComparison.Ordinal)} See 'herd --help'.")
                    .ConfigureAwait(false);
            }

            return Misused;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
        }
        catch (EngineException error)
        {
            await errors.WriteLineAsync("herd: " + error.Message).ConfigureAwait(false);
            return error.Code == EngineErrorCode.InvalidRequest ? Misused : Failed;
        }
        catch (CommandException error)
        {
            await errors.WriteLineAsync("herd: " + error.Message).ConfigureAwait(false);
            return error.IsMisuse ? Misused : Failed;
        }
        catch (OperationCanceledException)
        {
            await errors.WriteLineAsync("herd: stopped.").ConfigureAwait(false);
            return Failed;
        }
    }
}
