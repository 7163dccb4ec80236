using Herd.Engine;
using Herd.Silo.Storage;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Startup;

/// <summary>Tells the operator in plain words why a program cannot start.</summary>
public static class StartupFailure
{
    /// <summary>Runs a program.</summary>
    /// <param name="program">The program.</param>
    /// <param name="error">For failures.</param>
    /// <returns>The exit code: 0, or 1 where the program could not start.</returns>
    public static async Task<int> GuardAsync(Func<Task> program, TextWriter error)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(error);
        try
        {
            await program().ConfigureAwait(false);
            return 0;
        }
        catch (Exception exception) when (Explain(exception) is { } explained)
        {
            await error.WriteLineAsync($"Herd cannot start. {explained}").ConfigureAwait(false);
            return 1;
        }
    }

    // Null for what is a fault of Herd itself: that ends the process with all its details.
    private static string? Explain(Exception exception) => exception switch
    {
        DataFolderInUseException => $"{exception.Message} On the command line: --data DIR.",
        StartupException or EngineException or SchemaTooNewException or SchemaTooOldException or DatabaseUnavailableException => exception.Message,
        OptionsValidationException invalid => string.Join('\n', invalid.Failures),
        UnauthorizedAccessException or IOException or InvalidDataException => exception.Message,
        _ => null,
    };
}
