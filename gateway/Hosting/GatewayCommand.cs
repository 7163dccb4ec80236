using System.CommandLine;

namespace Herd.Gateway.Hosting;

/// <summary>The command line: each option stands for one configuration key.</summary>
internal static class GatewayCommand
{
    private static readonly (Option<string?> Option, string Key)[] Options =
    [
        (Text("--base", "DIR", "Folder of the base LLaMA, in the official or the Hugging Face form."), "Replica:Base"),
        (Text("--tokenizer", "FILE", "The base's tokenizer.model, where it lies elsewhere."), "Replica:Tokenizer"),
        (Text("--clip", "PATH", "The CLIP image encoder; without it no pictures are taken."), "Replica:Clip"),
        (Text("--data", "DIR", "Folder for everything that must survive (default: data)."), "Storage:DataFolder"),
        (Text("--http-port", "PORT", "Port of the OpenAI API (default: 8080)."), "Gateway:HttpPort"),
        (Text("--grpc-port", "PORT", "Port of the gRPC API (default: 8081)."), "Gateway:GrpcPort"),
        (Text("--address", "ADDRESS", "Address to listen on, * for all (default: 127.0.0.1)."), "Gateway:Address"),
        (Text("--dtype", "TYPE", "Arithmetic: bfloat16 (default) or float32."), "Replica:Dtype"),
        (Text("--weights", "FORM", "How the blocks' matrices are kept: as-is (default), or int8 for half the memory of bfloat16."), "Replica:Weights"),
        (Text("--device", "DEVICE", "Device of the replica, such as cpu:0 (default) or cuda:0; cuda:0+cuda:1 splits its layers over two."), "Replica:Device"),
    ];

    private static readonly Option<string[]> Set = new("--set")
    {
        HelpName = "KEY=VALUE",
        Description = "Any other configuration key, such as Cluster:SiloPort=11112. May be given more than once.",
        AllowMultipleArgumentsPerToken = true,
    };

    /// <summary>Reads the command line and runs the gateway until it is stopped.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="output">For words to the operator.</param>
    /// <param name="error">For failures.</param>
    /// <returns>The exit code: 0, or 1 where the gateway could not start.</returns>
    public static Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error)
    {
        var command = new RootCommand("Serves one frozen LLaMA and many tenants' adapters over the OpenAI API and gRPC.");
        foreach (var (option, _) in Options)
        {
            command.Add(option);
        }

        command.Add(Set);
        command.SetAction((parsed, cancellationToken) => GatewayProcess.RunAsync(() => SettingsOf(parsed), output, error, cancellationToken));

        // The host itself handles signals, and takes the time it needs to drain.
        return command.Parse(arguments).InvokeAsync(new InvocationConfiguration { Output = output, Error = error, ProcessTerminationTimeout = null });
    }

    private static Dictionary<string, string?> SettingsOf(ParseResult parsed)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (option, key) in Options)
        {
            if (parsed.GetValue(option) is { } value)
            {
                settings[key] = value;
            }
        }

        foreach (var pair in parsed.GetValue(Set) ?? [])
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
            {
                throw new StartupException($"--set {pair}: expected KEY=VALUE.", "For example: --set Cluster:SiloPort=11112");
            }

            settings[pair[..equals]] = pair[(equals + 1)..];
        }

        return settings;
    }

    private static Option<string?> Text(string name, string value, string description) => new(name) { HelpName = value, Description = description };
}
