using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Herd.Engine.Experts;

/// <summary>A foreign program that turns bytes into text: a process with little memory, time and environment, that can write no file.</summary>
/// <param name="program">Its path.</param>
/// <param name="arguments">Its arguments; no shell reads them.</param>
internal sealed class ChildProgram(string program, IReadOnlyList<string> arguments)
{
    private const string Limiter = "prlimit";
    private const int MaxOutputBytes = 1 << 20;
    private const int MaxErrorBytes = 2048;

    /// <summary>Most address space, in bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Most time on a core. Time by the clock is the caller's to limit.</summary>
    public required TimeSpan TimeLimit { get; init; }

    /// <summary>All of its environment.</summary>
    public Dictionary<string, string> Environment { get; init; } = new() { ["PATH"] = "/usr/local/bin:/usr/bin:/bin", ["LC_ALL"] = "C.UTF-8" };

    /// <summary>Looks for a program.</summary>
    /// <param name="name">A path, or a name on the search path.</param>
    /// <returns>Its path; null where there is none.</returns>
    public static string? Find(string name)
    {
        if (name.Contains('/', StringComparison.Ordinal))
        {
            return File.Exists(name) ? name : null;
        }

        var folders = (System.Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }

    /// <summary>Runs it once.</summary>
    /// <param name="input">What it reads.</param>
    /// <param name="cancellationToken">Kills it, with all that it started.</param>
    /// <returns>What it wrote.</returns>
    /// <exception cref="ExpertException">It cannot be started, failed, or wrote too much.</exception>
    public async Task<string> RunAsync(ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        using var process = Start();
        try
        {
            var errors = ReadAsync(process.StandardError.BaseStream, MaxErrorBytes, isCut: true, cancellationToken);
            var output = ReadAsync(process.StandardOutput.BaseStream, MaxOutputBytes, isCut: false, cancellationToken);
            await FeedAsync(process.StandardInput.BaseStream, input, cancellationToken).ConfigureAwait(false);
            var text = await output.ConfigureAwait(false);
            var error = await errors.ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return process.ExitCode == 0 ? text : throw Failed($"ended with code {process.ExitCode}", error);
        }
        finally
        {
            await EndAsync(process).ConfigureAwait(false);
        }
    }

    private Process Start()
    {
        var limiter = Find(Limiter) ?? throw Failed("cannot be run with limits", $"There is no '{Limiter}'. Debian's package is 'util-linux'.");
        var start = new ProcessStartInfo(limiter)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        var seconds = (long)Math.Ceiling(TimeLimit.TotalSeconds) + 1;
        foreach (var argument in new[] { $"--as={MemoryBytes}", $"--cpu={seconds}", "--fsize=0", "--core=0", program }.Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Clear();
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw Failed("cannot be started", exception.Message);
        }
    }

    private static async Task FeedAsync(Stream stream, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        try
        {
            await using (stream.ConfigureAwait(false))
            {
                await stream.WriteAsync(input, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (IOException)
        {
            // It ended before it had read all; its code says why.
        }
    }

    private async Task<string> ReadAsync(Stream stream, int maximum, bool isCut, CancellationToken cancellationToken)
    {
        var kept = new MemoryStream();
        var buffer = new byte[1 << 14];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (!isCut && kept.Length + read > maximum)
            {
                throw Failed("wrote too much", null);
            }

            kept.Write(buffer, 0, (int)Math.Min(read, maximum - kept.Length));
        }

        return Encoding.UTF8.GetString(kept.GetBuffer(), 0, (int)kept.Length);
    }

    private static async Task EndAsync(Process process)
    {
        if (process.HasExited)
        {
            return;
        }

        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It ended by itself meanwhile.
        }

        await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
    }

    private ExpertException Failed(string how, string? detail) => new($"{Path.GetFileName(program)} {how}.", isMissing: false, detail);
}
