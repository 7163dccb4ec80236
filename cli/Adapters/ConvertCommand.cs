using System.CommandLine;
using Herd.Engine;
using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Prompts;
using Herd.Engine.Vision;

namespace Herd.Cli.Adapters;

/// <summary><c>herd adapter convert</c>: any form of an adapter into Herd's, checked against its base.</summary>
internal sealed class ConvertCommand : Command
{
    private readonly Argument<string> _input = new("IN") { Description = "Official .pth file, or a folder or .herd file of Herd's." };

    private readonly Argument<string> _output = new("OUT") { Description = "Folder to write, or a single file when it ends in .herd." };

    private readonly Option<string> _base = new("--base")
    {
        HelpName = "DIR",
        Description = "Folder of the base the adapter belongs to.",
        Required = true,
    };

    private readonly Option<string?> _tokenizer = new("--tokenizer")
    {
        HelpName = "FILE",
        Description = "The tokenizer's file; otherwise tokenizer.model in the base's folder or the one above.",
    };

    private readonly Option<string?> _clip = new("--clip")
    {
        HelpName = "PATH",
        Description = "The image encoder of the replicas that will serve the adapter, if they have one: it is part of the base's name.",
    };

    private readonly Option<int?> _visualHeads = new("--visual-heads")
    {
        HelpName = "N",
        Description = "Attention heads of the visual blocks; otherwise what IN says, else 16.",
    };

    private readonly Option<string?> _template = new("--template")
    {
        HelpName = "NAME",
        Description = "Prompt template the adapter was trained with; otherwise what IN says, else alpaca.",
    };

    private readonly Option<string?> _channelOrder = new("--channel-order")
    {
        HelpName = "rgb|bgr",
        Description = "Colour order of the pictures it was trained with; otherwise what IN says, else rgb.",
    };

    internal ConvertCommand()
        : base("convert", "Check an adapter against its base and write it in Herd's form.")
    {
        _template.AcceptOnlyFromAmong([.. PromptTemplate.All.Select(template => template.Name)]);
        _channelOrder.AcceptOnlyFromAmong("rgb", "bgr");
        foreach (var argument in (Argument[])[_input, _output])
        {
            Add(argument);
        }

        foreach (var option in (Option[])[_base, _tokenizer, _clip, _visualHeads, _template, _channelOrder])
        {
            Add(option);
        }

        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var output = line.GetRequiredValue(_output);
        ExpectFree(output);
        var folder = BaseFolder.Open(line.GetRequiredValue(_base), line.GetValue(_tokenizer));
        var options = new AdapterReadOptions
        {
            BaseConfig = folder.Config,
            BaseDigest = await DigestAsync(folder, line.GetValue(_clip), cancellationToken).ConfigureAwait(false),
            VisualHeads = line.GetValue(_visualHeads),
            Template = line.GetValue(_template),
            ChannelOrder = line.GetValue(_channelOrder),
        };
        using var package = AdapterPackage.Read(line.GetRequiredValue(_input), options);
        package.Save(output);
        PackageTable.Write(package);
        return 0;
    }

    /// <summary>Said before the base is read, which can take a minute.</summary>
    private static void ExpectFree(string output)
    {
        if (Path.Exists(output))
        {
            throw new EngineException(
                EngineErrorCode.InvalidFile, $"{output}: expected a place where nothing is yet, found a file or folder. Name another place.");
        }
    }

    private static async Task<string> DigestAsync(BaseFolder folder, string? clip, CancellationToken cancellationToken)
    {
        var digest = await folder.ComputeDigestAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        return clip is null ? digest : BaseFolder.WithImageEncoder(digest, ClipEncoder.ComputeDigest(clip));
    }
}
