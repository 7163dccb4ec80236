using System.Globalization;
using System.Text.RegularExpressions;
using Herd.Testing;

namespace Herd.Gateway.Tests.EndToEnd;

/// <summary>The real gateway as a child process on the golden base, with a data folder of its own.</summary>
internal sealed partial class GatewayProcess : IAsyncDisposable
{
    private readonly ChildProcess _process;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private GatewayProcess(string data, IEnumerable<string> arguments, long? heapBytes)
    {
        Data = data;
        var program = HerdPrograms.Named("Herd.Gateway", arguments);
        if (heapBytes is { } bytes)
        {
            program.Environment["DOTNET_GCHeapHardLimit"] = bytes.ToString("x", CultureInfo.InvariantCulture);
        }

        _process = ChildProcess.Start(program, Note);
    }

    /// <summary>Its number among the machine's processes.</summary>
    public int Id => _process.Id;

    /// <summary>Its data folder.</summary>
    public string Data { get; }

    /// <summary>Address of the OpenAI surface.</summary>
    public Uri Http { get; private set; } = null!;

    /// <summary>Address of the gRPC surface.</summary>
    public Uri Grpc { get; private set; } = null!;

    /// <summary>Address of the operator's surface.</summary>
    public Uri Admin { get; private set; } = null!;

    /// <summary>Address of the operator's gRPC surface.</summary>
    public Uri AdminGrpc { get; private set; } = null!;

    /// <summary>All that the process wrote so far.</summary>
    public string Output => _process.Output;

    /// <summary>The golden files' image encoder.</summary>
    public static string[] GoldenClip { get; } = ["--clip", Path.Combine(RepositoryFiles.Golden, "clip", "tiny-clip-visual.safetensors"), "--dtype", "float32"];

    /// <summary>Starts a process on ports that are free now.</summary>
    /// <param name="data">Its data folder.</param>
    /// <param name="arguments">The rest of its command line.</param>
    /// <returns>The process; it may not be ready yet, or may have ended.</returns>
    public static GatewayProcess Start(string data, params string[] arguments) => Start(data, heapBytes: null, arguments);

    /// <summary>The same with a heap of at most so many bytes, within which all requests have to be served: otherwise .NET puts collecting off while there is memory.</summary>
    public static GatewayProcess Start(string data, long? heapBytes, params string[] arguments)
    {
        string[] all = ["--data", data, "--set", "Cluster:ClientPort=0", "Gateway:AdminPort=0", .. arguments];
        all = arguments.Contains("--http-port") ? all : [.. all, "--http-port", "0"];
        all = arguments.Contains("--grpc-port") ? all : [.. all, "--grpc-port", "0"];
        all = arguments.Any(argument => argument.StartsWith("Cluster:SiloPort", StringComparison.Ordinal)) ? all : [.. all, "--set", $"Cluster:SiloPort={FreePorts.Take()}"];
        return new GatewayProcess(data, all, heapBytes);
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
            throw new InvalidOperationException($"The gateway ended with code {await ended} before it was ready:\n{Output}");
        }
    }

    /// <inheritdoc cref="ChildProcess.WaitForExitAsync"/>
    public Task<int> WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    /// <inheritdoc cref="ChildProcess.AskToEndAsync"/>
    public Task AskToEndAsync() => _process.AskToEndAsync();

    /// <inheritdoc cref="ChildProcess.KillAsync"/>
    public Task KillAsync() => _process.KillAsync();

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _process.TerminateAsync();
        }
        catch (TimeoutException)
        {
            // It is killed now.
        }
        finally
        {
            await _process.DisposeAsync();
        }
    }

    private void Note(string line)
    {
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
        else if (AdminGrpcLine().Match(line) is { Success: true } adminGrpc)
        {
            AdminGrpc = new Uri(adminGrpc.Groups[1].Value);
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

    [GeneratedRegex(@"^  Admin gRPC  (http://\S+)$")]
    private static partial Regex AdminGrpcLine();

    [GeneratedRegex(@"^  gRPC API    (http://\S+)$")]
    private static partial Regex GrpcLine();
}
