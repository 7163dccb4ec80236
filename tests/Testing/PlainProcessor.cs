using System.Diagnostics;
using System.Reflection;

namespace Herd.Testing;

/// <summary>Runs a test program again as if the processor had neither AVX-512 nor AVX2 nor AVX: what .NET compiles, and what libtorch and its libraries choose.</summary>
public static class PlainProcessor
{
    private const string Variable = "HERD_PLAIN_PROCESSOR";

    private static readonly (string Name, string Value)[] Settings =
    [
        (Variable, "1"),
        ("DOTNET_EnableAVX", "0"),
        ("DOTNET_EnableAVX2", "0"),
        ("DOTNET_EnableAVX512", "0"),
        ("ATEN_CPU_CAPABILITY", "default"),
        ("ONEDNN_MAX_CPU_ISA", "SSE41"),
        ("MKL_ENABLE_INSTRUCTIONS", "SSE4_2"),
    ];

    /// <summary>Whether this process is such a run.</summary>
    public static bool IsHere => Environment.GetEnvironmentVariable(Variable) is not null;

    /// <summary>Runs classes of a test program to their end.</summary>
    /// <param name="program">The program's assembly.</param>
    /// <param name="classes">Names of classes; an asterisk at the end takes all that begin so.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Its exit code, 0 where nothing failed, and what it wrote.</returns>
    public static async Task<(int Code, string Output)> RunAsync(Assembly program, IEnumerable<string> classes, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, program.GetName().Name!), ["-noColor", "-noLogo", .. classes.SelectMany(name => new[] { "-class", name })]);
        foreach (var (name, value) in Settings)
        {
            start.Environment[name] = value;
        }

        var (code, output, errors) = await ProgramRun.ToEndAsync(start, cancellationToken).ConfigureAwait(false);
        return (code, output + errors);
    }
}
