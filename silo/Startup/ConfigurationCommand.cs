using System.CommandLine;

namespace Herd.Silo.Startup;

/// <summary>A command line whose options each stand for one configuration key.</summary>
public sealed class ConfigurationCommand
{
    private readonly List<(Option<string?> Option, string Key)> _options = [];
    private readonly RootCommand _command;
    private readonly Option<string[]> _set = new("--set")
    {
        HelpName = "KEY=VALUE",
        Description = "Any other configuration key, such as Cluster:SiloPort=11112. May be given more than once.",
        AllowMultipleArgumentsPerToken = true,
    };

    /// <summary>Makes a command with the options that every program has.</summary>
    /// <param name="description">What the program does.</param>
    public ConfigurationCommand(string description)
    {
        _command = new RootCommand(description);
        Add("--base", "DIR", "Replica:Base", "Folder of the base LLaMA, in the official or the Hugging Face form (default for an embedded gateway: the bundled model).");
        Add("--tokenizer", "FILE", "Replica:Tokenizer", "The base's tokenizer.model, where it lies elsewhere.");
        Add("--clip", "PATH", "Replica:Clip", "The CLIP image encoder; without it no pictures are taken.");
        Add("--data", "DIR", "Storage:DataFolder", "Folder for everything that must survive (default: data).");
        Add("--dtype", "TYPE", "Replica:Dtype", "Arithmetic: bfloat16, float32 or auto (default), the one the device is fast in.");
        Add("--weights", "FORM", "Replica:Weights", "How the blocks' matrices are kept: as-is (default), or int8 for half the memory of bfloat16.");
        Add(
            "--device",
            "DEVICE",
            "Replica:Device",
            "Device of the replica, such as cpu:0 (default) or cuda:0; cuda:0+cuda:1 splits its layers over two, cuda:0,cuda:1 makes two replicas.");
    }

    /// <summary>Adds an option.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">What its value is called in the help.</param>
    /// <param name="key">The configuration key it stands for.</param>
    /// <param name="description">What it does.</param>
    /// <returns>The same command.</returns>
    public ConfigurationCommand Add(string name, string value, string key, string description)
    {
        var option = new Option<string?>(name) { HelpName = value, Description = description };
        _options.Add((option, key));
        _command.Add(option);
        return this;
    }

    /// <summary>Reads a command line and runs the program until it is stopped.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="program">The program; its settings are by configuration key.</param>
    /// <param name="output">For words to the operator.</param>
    /// <param name="error">For failures.</param>
    /// <returns>The exit code: 0, or 1 where the program could not start.</returns>
    public Task<int> RunAsync(
        string[] arguments, Func<IReadOnlyDictionary<string, string?>, CancellationToken, Task> program, TextWriter output, TextWriter error)
    {
        _command.Add(_set);
        _command.SetAction((parsed, cancellationToken) => StartupFailure.GuardAsync(() => program(SettingsOf(parsed), cancellationToken), error));

        // The host itself handles signals, and takes the time it needs to drain.
        return _command.Parse(arguments).InvokeAsync(new InvocationConfiguration { Output = output, Error = error, ProcessTerminationTimeout = null });
    }

    private Dictionary<string, string?> SettingsOf(ParseResult parsed)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (option, key) in _options)
        {
            if (parsed.GetValue(option) is { } value)
            {
                settings[key] = value;
            }
        }

        foreach (var pair in parsed.GetValue(_set) ?? [])
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
}
