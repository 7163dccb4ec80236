using System.Diagnostics;

namespace Herd.Testing;

/// <summary>Runs programs to their end.</summary>
public static class ProgramRun
{
    /// <summary>Runs a program that reads nothing; one that is not at its end when cancelled is killed with all that it started.</summary>
    /// <param name="start">What to start; where its streams go is set here.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Its exit code, and all that it wrote to its two streams.</returns>
    public static async Task<(int Code, string Output, string Errors)> ToEndAsync(ProcessStartInfo start, CancellationToken cancellationToken)
    {
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        using var process = Process.Start(start)!;
        try
        {
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return (process.ExitCode, await output.ConfigureAwait(false), await errors.ConfigureAwait(false));
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Runs a program that must end with code 0.</summary>
    /// <exception cref="InvalidOperationException">It did not; the message holds what it wrote.</exception>
    public static async Task SucceedAsync(ProcessStartInfo start, CancellationToken cancellationToken)
    {
        var (code, output, errors) = await ToEndAsync(start, cancellationToken).ConfigureAwait(false);
        if (code != 0)
        {
            throw new InvalidOperationException($"{start.FileName} {string.Join(' ', start.ArgumentList)} ended with code {code}:\n{output}{errors}");
        }
    }
}
