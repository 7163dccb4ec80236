using System.CommandLine;
using System.Text.Json;
using Herd.Cli.Gateways;

namespace Herd.Cli.Conversations;

/// <summary><c>herd conversation export</c>: all turns of a conversation, and its pictures where they are asked for.</summary>
internal sealed class ExportCommand : Command
{
    private readonly Argument<string> _id = new("ID") { Description = "The conversation." };

    private readonly Option<string?> _out = new("--out")
    {
        HelpName = "FILE",
        Description = "Where to write a line of JSON for each turn (default: the standard output). Whole or not at all.",
    };

    private readonly Option<string?> _pictures = new("--pictures")
    {
        HelpName = "DIR",
        Description = "Folder to put the pictures in that the turns name, each in a file called as its digest; made where it is missing.",
    };

    private readonly GatewayOption _gateway = new();

    internal ExportCommand()
        : base("export", "Write all that is stored of a conversation's turns.")
    {
        Add(_id);
        Add(_out);
        Add(_pictures);
        _gateway.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        using var gateway = _gateway.Connect(line);
        var path = $"/v1/conversations/{Uri.EscapeDataString(line.GetRequiredValue(_id))}/export";
        var digests = line.GetValue(_out) is { } file
            ? await NewFile.WriteAsync(file, WriteAsync).ConfigureAwait(false)
            : await ReadAsync(line.InvocationConfiguration.Output).ConfigureAwait(false);
        if (line.GetValue(_pictures) is { } folder)
        {
            await new PictureFolder(folder).FetchAsync(gateway, digests, cancellationToken).ConfigureAwait(false);
        }

        return 0;

        async Task<HashSet<string>> WriteAsync(Stream content)
        {
            await using var writer = new StreamWriter(content) { NewLine = "\n" };
            return await ReadAsync(writer).ConfigureAwait(false);
        }

        Task<HashSet<string>> ReadAsync(TextWriter output) => gateway.ReadAsync(path, content => CopyAsync(content, output, cancellationToken), cancellationToken);
    }

    /// <returns>The digests of all pictures that the turns name.</returns>
    private static async Task<HashSet<string>> CopyAsync(Stream content, TextWriter output, CancellationToken cancellationToken)
    {
        var digests = new HashSet<string>(StringComparer.Ordinal);
        using var lines = new StreamReader(content);
        while (await lines.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            await output.WriteLineAsync(line.AsMemory(), cancellationToken).ConfigureAwait(false);
            using var turn = JsonDocument.Parse(line);
            if (turn.RootElement.GetProperty("picture_digest").GetString() is { } digest)
            {
                digests.Add(digest);
            }
        }

        return digests;
    }
}
