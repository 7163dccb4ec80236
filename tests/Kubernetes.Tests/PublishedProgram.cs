using System.Collections.Concurrent;
using System.Diagnostics;
using Herd.Testing;

namespace Herd.Kubernetes.Tests;

/// <summary>A program as an image holds it: published, read-only, run by a user without rights, configured by environment alone.</summary>
internal sealed class PublishedProgram : IAsyncDisposable
{
    private const string Nobody = "65534";

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    private PublishedProgram(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
    }

    /// <summary>All that the program wrote so far.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>Publishes a program into a folder that nobody may write to.</summary>
    public static async Task PublishAsync(string project, string folder, CancellationToken cancellationToken)
    {
        await RunAsync("dotnet", ["publish", Path.Combine(RepositoryFiles.Root, project), "-c", "Release", "--no-build", "-o", folder, "-v", "quiet", "-nologo"], cancellationToken);
        await RunAsync("chmod", ["-R", "a-w,a+rX", folder], cancellationToken);
    }

    /// <summary>Starts a published program with an environment and nothing else.</summary>
    public static PublishedProgram Start(string program, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("setpriv", ["--reuid", Nobody, "--regid", Nobody, "--clear-groups", "--no-new-privs", program])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(program),
        };
        var path = start.Environment["PATH"];
        var runtime = Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(typeof(object).Assembly.Location))));
        start.Environment.Clear();
        (start.Environment["PATH"], start.Environment["DOTNET_ROOT"], start.Environment["DOTNET_EnableDiagnostics"]) = (path, runtime, "0");
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var started = new PublishedProgram(new Process { StartInfo = start });
        started._process.Start();
        started._process.BeginOutputReadLine();
        started._process.BeginErrorReadLine();
        return started;
    }

    /// <summary>Waits until an address answers with 200.</summary>
    public async Task WaitForAsync(Uri address, CancellationToken cancellationToken)
    {
        using var client = new HttpClient();
        await Eventually.TrueAsync(() => AnswersAsync(client, address, cancellationToken), cancellationToken, $"{address} answers with 200");
    }

    /// <summary>Asks the program to end, as Kubernetes does.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> TerminateAsync(CancellationToken cancellationToken)
    {
        await RunAsync("kill", ["-TERM", $"{_process.Id}"], cancellationToken);
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private async Task<bool> AnswersAsync(HttpClient client, Uri address, CancellationToken cancellationToken)
    {
        if (_process.HasExited)
        {
            throw new InvalidOperationException($"The program ended with code {_process.ExitCode}:\n{Output}");
        }

        try
        {
            using var response = await client.GetAsync(address, cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false; // Nobody listens yet.
        }
    }

    private static async Task RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with code {process.ExitCode}:\n{output}");
        }
    }
}
