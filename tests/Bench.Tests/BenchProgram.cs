using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace Herd.Bench.Tests;

/// <summary>The benchmark program, run as a process of its own.</summary>
internal sealed class BenchProgram : IDisposable
{
    private readonly Process _process;

    private BenchProgram(string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Herd.Bench"), arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        _process = Process.Start(start)!;
    }

    public static BenchProgram Start(params string[] arguments) => new(arguments);

    /// <summary>Runs it to its end.</summary>
    public static async Task RunAsync(params string[] arguments)
    {
        using var program = Start(arguments);
        await program.EndAsync();
    }

    /// <summary>The next line of its output, a JSON object of numbers.</summary>
    public async Task<Dictionary<string, double>> ReadAsync()
    {
        var line = await _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        return JsonSerializer.Deserialize<Dictionary<string, double>>(line ?? throw new InvalidOperationException("The program ended without the line."))!;
    }

    public void EndInput() => _process.StandardInput.Close();

    public async Task EndAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, _process.ExitCode);
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
