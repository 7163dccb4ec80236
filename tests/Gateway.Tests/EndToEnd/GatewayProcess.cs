using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Herd.Testing;

namespace Herd.Gateway.Tests.EndToEnd;

/// <summary>The real gateway as a child process on the golden base, with a data folder of its own.</summary>
internal sealed partial class GatewayProcess : IAsyncDisposable
{
    public const string AdminKey = "herd_admin_for-tests-only-0123456789";

    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private GatewayProcess(Process process, string data)
    {
        (_process, Data) = (process, data);
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
    }

    /// <summary>Its data folder.</summary>
    public string Data { get; }

    /// <summary>Address of the OpenAI surface.</summary>
    public Uri Http { get; private set; } = null!;

    /// <summary>Address of the gRPC surface.</summary>
    public Uri Grpc { get; private set; } = null!;

    /// <summary>Address of the operator's surface.</summary>
    public Uri Admin { get; private set; } = null!;

    /// <summary>All that the process wrote so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>The golden files' base and tokenizer.</summary>
    public static string[] GoldenBase { get; } =
    [
        "--base", Path.Combine(RepositoryFiles.Golden, "tiny-llama", "hf"), "--tokenizer", Path.Combine(RepositoryFiles.Golden, "tokenizer", "tokenizer.model"),
    ];

    /// <summary>The golden files' image encoder.</summary>
    public static string[] GoldenClip { get; } = ["--clip", Path.Combine(RepositoryFiles.Golden, "clip", "tiny-clip-visual.safetensors"), "--dtype", "float32"];

    /// <summary>Starts a process on ports that are free now.</summary>
    /// <param name="data">Its data folder.</param>
    /// <param name="arguments">The rest of its command line.</param>
    /// <returns>The process; it may not be ready yet, or may have ended.</returns>
    public static GatewayProcess Start(string data, params string[] arguments)
    {
        string[] all = ["--data", data, "--set", "Cluster:ClientPort=0", "Gateway:AdminPort=0", .. arguments];
        all = arguments.Contains("--http-port") ? all : [.. all, "--http-port", "0"];
        all = arguments.Contains("--grpc-port") ? all : [.. all, "--grpc-port", "0"];
        all = arguments.Any(argument => argument.StartsWith("Cluster:SiloPort", StringComparison.Ordinal)) ? all : [.. all, "--set", $"Cluster:SiloPort={FreePort()}"];
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Herd.Gateway"), all)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        start.Environment["HERD_ADMIN_KEY"] = AdminKey;
        var gateway = new GatewayProcess(new Process { StartInfo = start }, data);
        gateway._process.Start();
        gateway._process.BeginOutputReadLine();
        gateway._process.BeginErrorReadLine();
        return gateway;
    }

    /// <summary>Waits until the process says that it serves.</summary>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>A task.</returns>
    /// <exception cref="InvalidOperationException">It ended instead.</exception>
    public async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        var ended = _process.WaitForExitAsync(cancellationToken);
        if (await Task.WhenAny(_ready.Task, ended) == ended)
        {
            await ended;
            throw new InvalidOperationException($"The gateway ended with code {_process.ExitCode} before it was ready:\n{Output}");
        }
    }

    /// <summary>Waits for the process to end by itself.</summary>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>Its exit code.</returns>
    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Asks the process to end, as an operator's tools do.</summary>
    /// <returns>A task that ends when it was asked.</returns>
    public async Task TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Ends the process at once, without a warning.</summary>
    /// <returns>A task that ends when it has.</returns>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await TerminateAsync();
            using var patience = new CancellationTokenSource(StopTimeout);
            await _process.WaitForExitAsync(patience.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        }

        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    /// <summary>A port that nobody listens on now.</summary>
    /// <returns>The port.</returns>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_output)
        {
            _output.AppendLine(line);
        }

        if (HttpLine().Match(line) is { Success: true } http)
        {
            Http = new Uri(http.Groups[1].Value);
        }
        else if (GrpcLine().Match(line) is { Success: true } grpc)
        {
            Grpc = new Uri(grpc.Groups[1].Value);
        }
        else if (AdminLine().Match(line) is { Success: true } admin)
        {
            Admin = new Uri(admin.Groups[1].Value);
        }
        else if (line == "Try:")
        {
            _ready.TrySetResult();
        }
    }

    [GeneratedRegex(@"^  OpenAI API  (http://\S+)/v1$")]
    private static partial Regex HttpLine();

    [GeneratedRegex(@"^  Operator    (http://\S+)$")]
    private static partial Regex AdminLine();

    [GeneratedRegex(@"^  gRPC API    (http://\S+)$")]
    private static partial Regex GrpcLine();
}
