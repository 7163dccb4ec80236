using System.Diagnostics;
using System.Text;

namespace Herd.Silo.Training;

/// <summary>How a job's process ended.</summary>
/// <param name="Code">Its exit code.</param>
/// <param name="Words">The end of what it said of failures.</param>
internal sealed record ChildEnd(int Code, string Words);

/// <summary>The process that a job computes in: it may take all memory or crash, and nothing else is lost.</summary>
/// <remarks>It reads its input, which nobody writes to: that ends when this process does, however it does, and then so does the child.</remarks>
internal sealed class TrainingChild : IAsyncDisposable
{
    private const string Program = "Herd.Silo";
    private const int KeptWords = 4096;

    private readonly Process _process;
    private readonly StringBuilder _words = new();

    private TrainingChild(Process process) => _process = process;

    /// <summary>Starts a process.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="stopTimeout">How long it may go on when it is asked to end.</param>
    /// <param name="onProgress">Told how far it is, on any thread.</param>
    internal static TrainingChild Start(string folder, TimeSpan stopTimeout, Action<TrainingLine> onProgress)
    {
        var program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? Program + ".exe" : Program);
        var start = new ProcessStartInfo(program, TrainVerb.CommandLine(folder, stopTimeout))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        var child = new TrainingChild(new Process { StartInfo = start });
        child._process.OutputDataReceived += (_, line) => TrainingLine.Read(line.Data, onProgress);
        child._process.ErrorDataReceived += (_, line) => child.Keep(line.Data);
        child._process.Start();
        child.GiveWay();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Waits for its end.</summary>
    internal async Task<ChildEnd> WaitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        lock (_words)
        {
            return new ChildEnd(_process.ExitCode, _words.ToString().Trim());
        }
    }

    /// <summary>Lets it write its checkpoint and end.</summary>
    internal Task<ChildEnd> StopAsync()
    {
        _process.StandardInput.Close();
        return WaitAsync(CancellationToken.None);
    }

    /// <summary>Ends it and all that it started.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        lock (_words)
        {
            _words.AppendLine(line);
            _words.Remove(0, Math.Max(0, _words.Length - KeptWords));
        }
    }

    /// <summary>Who answers comes before who trains.</summary>
    private void GiveWay()
    {
        try
        {
            _process.PriorityClass = ProcessPriorityClass.BelowNormal;
        }
        catch (Exception exception) when (exception is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It has ended already, or the system does not let it be changed.
        }
    }
}
