using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Herd.Silo.Hosting;

/// <summary>Ends a process without which its cluster goes on: one that slept, or that the others could not reach, is declared dead and its work is others'.</summary>
/// <remarks>
/// Nothing is drained or finished: what such a process still does, it does beside those who took over. Orleans would abort it, which looks like a crash.
/// </remarks>
internal sealed class FatalEnd(IHostApplicationLifetime lifetime, ILogger<FatalEnd> logger) : IFatalErrorHandler, IDisposable
{
    /// <summary>The exit code. Whoever supervises the process starts it again.</summary>
    internal const int ExitCode = 2;

    private bool _isDisposed;

    private bool IsEnding => _isDisposed || lifetime.ApplicationStopping.IsCancellationRequested;

    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(object? sender, string? context, Exception? exception)
    {
        if (IsEnding && exception is (OperationCanceledException or ObjectDisposedException))
        {
            // Orleans' loops may meet the end of what they use before their own.
            return;
        }

        logger.LogCritical(exception, "{Sender} cannot go on: {Context}", sender, context);

        // The log may not be written any more.
        Console.Error.WriteLine($"Herd ends. Its cluster goes on without this process, which was taken for dead or cannot go on ({context}). Start it again.\n{exception}");
        Console.Error.Flush();

        // An orderly exit would run native libraries' last rites under threads that still compute.
        ExitNow(ExitCode);
    }

    public void Dispose() => _isDisposed = true;

    [DllImport("libc", EntryPoint = "_exit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void ExitNow(int code);
}
