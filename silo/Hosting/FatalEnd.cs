using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Herd.Silo.Hosting;

/// <summary>Ends a process without which its cluster goes on: one that slept, or that the others could not reach, is declared dead and its work is others'.</summary>
/// <remarks>
/// Nothing is drained or finished: what such a process still does, it does beside those who took over. Orleans would abort it, which looks like a crash.
/// </remarks>
internal sealed class FatalEnd(ILogger<FatalEnd> logger) : IFatalErrorHandler
{
    /// <summary>The exit code. Whoever supervises the process starts it again.</summary>
    internal const int ExitCode = 2;

    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(object? sender, string? context, Exception? exception)
    {
        logger.LogCritical(exception, "{Sender} cannot go on: {Context}", sender, context);
        Console.Error.WriteLine($"Herd ends. Its cluster goes on without this process, which was taken for dead or cannot go on ({context}). Start it again.");
        Console.Error.Flush();

        // An orderly exit would run native libraries' last rites under threads that still compute.
        ExitNow(ExitCode);
    }

    [DllImport("libc", EntryPoint = "_exit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void ExitNow(int code);
}
