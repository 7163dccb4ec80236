using System.CommandLine;

namespace Herd.Cli.Gateways;

/// <summary>Which gateway a command speaks to, and as whom.</summary>
internal sealed class GatewayOption
{
    private const string KeyVariable = "HERD_KEY";

    private readonly Option<string> _address = new("--gateway")
    {
        HelpName = "URL",
        Description = $"Where the gateway speaks HTTP. The tenant's key is read from the variable {KeyVariable}.",
        DefaultValueFactory = _ => "http://127.0.0.1:8080",
    };

    internal void AddTo(Command command) => command.Add(_address);

    /// <summary>Gets ready to speak to the gateway.</summary>
    /// <exception cref="CommandException">The address is none, or there is no key.</exception>
    internal GatewayClient Connect(ParseResult line)
    {
        var text = line.GetRequiredValue(_address);
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
        {
            throw new CommandException($"--gateway must be an address such as http://127.0.0.1:8080, not '{text}'.", isMisuse: true);
        }

        return Environment.GetEnvironmentVariable(KeyVariable) is { Length: > 0 } key
            ? new GatewayClient(address, key)
            : throw new CommandException($"The variable {KeyVariable} must hold a tenant's key.", isMisuse: true);
    }
}
