using Herd.Silo.Startup;

namespace Herd.Gateway.Hosting;

/// <summary>The command line.</summary>
internal static class GatewayCommand
{
    /// <summary>Reads the command line and runs the gateway until it is stopped.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="output">For words to the operator.</param>
    /// <param name="error">For failures.</param>
    /// <returns>The exit code: 0, or 1 where the gateway could not start.</returns>
    public static Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error) =>
        new ConfigurationCommand("Serves one frozen LLaMA and many tenants' adapters over the OpenAI API and gRPC.")
            .Add("--http-port", "PORT", "Gateway:HttpPort", "Port of the OpenAI API (default: 8080).")
            .Add("--grpc-port", "PORT", "Gateway:GrpcPort", "Port of the gRPC API (default: 8081).")
            .Add("--address", "ADDRESS", "Gateway:Address", "Address to listen on, * for all (default: 127.0.0.1).")
            .Add("--mode", "MODE", "Cluster:GatewayMode", "embedded (default): with a replica of its own; member or client: of a cluster whose silos have the replicas.")
            .RunAsync(arguments, (settings, cancellationToken) => GatewayProcess.RunAsync(settings, output, cancellationToken), output, error);
}
