using System.Collections.Concurrent;
using System.Diagnostics;

namespace Herd.Testing;

/// <summary>A program that runs beside a test and is gone when the test is.</summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    private ChildProcess(ProcessStartInfo start, Action<string>? onLine)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data, onLine);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data, onLine);
    }

    /// <summary>Its number among the machine's processes.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>All lines that it wrote so far.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>Starts a program.</summary>
    /// <param name="start">What to start; where its output goes is set here.</param>
    /// <param name="onLine">Told each line that it writes, on any thread.</param>
    public static ChildProcess Start(ProcessStartInfo start, Action<string>? onLine = null)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        var child = new ChildProcess(start, onLine);
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Throws where it has ended.</summary>
    public void ExpectRunning()
    {
        if (_process.HasExited)
        {
            throw new InvalidOperationException($"The process ended with code {_process.ExitCode}:\n{Output}");
        }
    }

    /// <summary>Waits until it ends by itself.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        return _process.ExitCode;
    }

    /// <summary>Asks it to end, as an operator's tools do.</summary>
    public Task AskToEndAsync() => SignalAsync("TERM");

    /// <summary>Lets it do nothing until <see cref="ContinueAsync"/>.</summary>
    public Task SuspendAsync() => SignalAsync("STOP");

    /// <summary>Lets it go on after <see cref="SuspendAsync"/>.</summary>
    public Task ContinueAsync() => SignalAsync("CONT");

    /// <summary>Asks it to end, and waits until it has.</summary>
    /// <returns>Its exit code.</returns>
    /// <exception cref="TimeoutException">It goes on.</exception>
    public async Task<int> TerminateAsync()
    {
        await AskToEndAsync().ConfigureAwait(false);
        return await WaitForExitAsync(CancellationToken.None).WaitAsync(StopTimeout).ConfigureAwait(false);
    }

    /// <summary>Ends it at once, without a warning, and waits until it has.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync().ConfigureAwait(false);
        _process.Dispose();
    }

    private async Task SignalAsync(string signal)
    {
        if (!_process.HasExited)
        {
            // It may end by itself meanwhile: only then does this fail.
            await ProgramRun.ToEndAsync(new ProcessStartInfo("kill", [$"-{signal}", $"{Id}"]), CancellationToken.None).ConfigureAwait(false);
        }
    }

    private void Keep(string? line, Action<string>? onLine)
    {
        if (line is not null)
        {
            _output.Enqueue(line);
            onLine?.Invoke(line);
        }
    }
}
