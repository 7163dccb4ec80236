namespace Herd.Gateway.Hosting;

internal static class GatewayProcess
{
    internal static Task<int> RunAsync(Func<Dictionary<string, string?>> settings, TextWriter output, TextWriter error, CancellationToken cancellationToken) =>
        Task.FromResult(0);
}
