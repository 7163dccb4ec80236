using System.Diagnostics;
using System.Runtime.InteropServices;
using Herd.Testing;

namespace Herd.Kubernetes.Tests;

/// <summary>A program as an image holds it: published, read-only, run by a user without rights, configured by environment alone.</summary>
internal static class PublishedProgram
{
    private const string Nobody = "65534";

    /// <summary>Publishes a program into a folder that nobody may write to.</summary>
    public static async Task PublishAsync(string project, string folder, CancellationToken cancellationToken)
    {
        string[] publish = ["publish", Path.Combine(RepositoryFiles.Root, project), "-c", "Release", "--no-build", "-o", folder, "-v", "quiet", "-nologo"];
        await ProgramRun.SucceedAsync(new ProcessStartInfo("dotnet", publish), cancellationToken);
        await ProgramRun.SucceedAsync(new ProcessStartInfo("chmod", ["-R", "a-w,a+rX", folder]), cancellationToken);
    }

    /// <summary>Starts a published program with an environment and nothing else.</summary>
    public static ChildProcess Start(string program, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("setpriv", ["--reuid", Nobody, "--regid", Nobody, "--clear-groups", "--no-new-privs", program])
        {
            WorkingDirectory = Path.GetDirectoryName(program),
        };
        var path = start.Environment["PATH"];
        var runtime = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        start.Environment.Clear();
        (start.Environment["PATH"], start.Environment["DOTNET_ROOT"], start.Environment["DOTNET_EnableDiagnostics"]) = (path, runtime, "0");
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return ChildProcess.Start(start);
    }

    /// <summary>Waits until an address answers with 200.</summary>
    public static async Task WaitForAsync(ChildProcess program, Uri address, CancellationToken cancellationToken)
    {
        using var client = new HttpClient();
        await Eventually.TrueAsync(() => AnswersAsync(program, client, address, cancellationToken), cancellationToken, $"{address} answers with 200");
    }

    private static async Task<bool> AnswersAsync(ChildProcess program, HttpClient client, Uri address, CancellationToken cancellationToken)
    {
        program.ExpectRunning();
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
}
