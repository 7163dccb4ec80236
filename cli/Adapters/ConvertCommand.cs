using System.CommandLine;
using Herd.Engine;
using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Prompts;
using Herd.Engine.Vision;

namespace Herd.Cli.Adapters;

/// <summary><c>herd adapter convert</c>: any form of an adapter into Herd's, checked against its base.</summary>
internal static class ConvertCommand
{
    private static readonly Argument<string> Input = new("IN") { Description = "Official .pth file, or a folder or .herd file of Herd's." };

    private static readonly Argument<string> Output = new("OUT") { Description = "Folder to write, or a single file when it ends in .herd." };

    private static readonly Option<string> Base = new("--base")
    {
        HelpName = "DIR",
        Description = "Folder of the base the adapter belongs to.",
        Required = true,
    };

    private static readonly Option<string?> Tokenizer = new("--tokenizer")
    {
        HelpName = "FILE",
        Description = "The tokenizer's file; otherwise tokenizer.model in the base's folder or the one above.",
    };

    private static readonly Option<string?> Clip = new("--clip")
    {
        HelpName = "PATH",
        Description = "The image encoder of the replicas that will serve the adapter, if they have one: it is part of the base's name.",
    };

    private static readonly Option<int?> VisualHeads = new("--visual-heads")
    {
        HelpName = "N",
        Description = "Attention heads of the visual blocks; otherwise what IN says, else 16.",
    };

    private static readonly Option<string?> Template = new("--template")
    {
        HelpName = "NAME",
        Description = "Prompt template the adapter was trained with; otherwise what IN says, else alpaca.",
    };

    private static readonly Option<string?> ChannelOrder = new("--channel-order")
    {
        HelpName = "rgb|bgr",
        Description = "Colour order of the pictures it was trained with; otherwise what IN says, else rgb.",
    };

    internal static Command Create()
    {
        Template.AcceptOnlyFromAmong([.. PromptTemplate.All.Select(template => template.Name)]);
        ChannelOrder.AcceptOnlyFromAmong("rgb", "bgr");
        var command = new Command("convert", "Check an adapter against its base and write it in Herd's form.")
        {
            Input, Output, Base, Tokenizer, Clip, VisualHeads, Template, ChannelOrder,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var output = line.GetRequiredValue(Output);
        ExpectFree(output);
        var folder = BaseFolder.Open(line.GetRequiredValue(Base), line.GetValue(Tokenizer));
        var options = new AdapterReadOptions
        {
            BaseConfig = folder.Config,
            BaseDigest = await DigestAsync(folder, line.GetValue(Clip), cancellationToken).ConfigureAwait(false),
            VisualHeads = line.GetValue(VisualHeads),
            Template = line.GetValue(Template),
            ChannelOrder = line.GetValue(ChannelOrder),
        };
        using var package = AdapterPackage.Read(line.GetRequiredValue(Input), options);
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
        var digest = await folder.ComputeDigestAsync(cancellationToken).ConfigureAwait(false);
        return clip is null ? digest : BaseFolder.WithImageEncoder(digest, ClipEncoder.ComputeDigest(clip));
    }
}
