using System.CommandLine;
using System.Globalization;
using Herd.Engine;
using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Prompts;
using Herd.Engine.Vision;

namespace Herd.Cli.Adapters;

/// <summary>The options that say how an adapter is read: its base, and what its file may leave out.</summary>
internal sealed class ReadingOptions
{
    private readonly Option<string?> _base = new("--base") { HelpName = "DIR", Description = "Folder of the base the adapter belongs to." };

    private readonly Option<string?> _tokenizer = new("--tokenizer")
    {
        HelpName = "FILE",
        Description = "The tokenizer's file; otherwise the one in the base's folder or the one above.",
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

    private readonly Option<int?> _promptLength = new("--prompt-length")
    {
        HelpName = "N",
        Description = "Prompts of a layer, where nothing in IN tells them; otherwise 10, as in the released V1 models.",
    };

    private readonly Option<string?> _gate = Choice<GateForm>("--gate", "What turns a stored gate into a factor; otherwise what IN says, else tanh, for V1 raw.");

    private readonly Option<string?> _promptKv = Choice<PromptProjection>(
        "--prompt-kv", "What projects prompts to keys and values; otherwise what IN says, else base, for chat models with prompts tuned.");

    private readonly Option<string?> _scaleOrder = Choice<ScaleOrder>("--scale-order", "Where scales stand; otherwise what IN says, else input, as in the released code.");

    internal ReadingOptions(bool baseIsRequired)
    {
        _base.Required = baseIsRequired;
        _template.AcceptOnlyFromAmong([.. PromptTemplate.All.Select(template => template.Name)]);
        _channelOrder.AcceptOnlyFromAmong("rgb", "bgr");
    }

    /// <summary>Those that say how an adapter is read over a base.</summary>
    private Option[] BesideBase => [_tokenizer, _clip, _visualHeads, _template, _channelOrder, _promptLength, _gate, _promptKv, _scaleOrder];

    internal void AddTo(Command command)
    {
        command.Add(_base);
        foreach (var option in BesideBase)
        {
            command.Add(option);
        }
    }

    /// <summary>Opens the base and reads the options.</summary>
    /// <returns>The options; null where no base is named.</returns>
    /// <exception cref="EngineException">The base is not sound, or an option has no meaning without one.</exception>
    internal async Task<AdapterReadOptions?> ReadAsync(ParseResult line, CancellationToken cancellationToken)
    {
        if (line.GetValue(_base) is not { } path)
        {
            return BesideBase.FirstOrDefault(option => line.GetResult(option) is { Implicit: false }) is { } idle
                ? throw new EngineException(EngineErrorCode.InvalidRequest, $"{idle.Name}: expected a base beside it, found none. Name one with {_base.Name}, or leave the option out.")
                : null;
        }

        var folder = BaseFolder.Open(path, line.GetValue(_tokenizer));
        var digest = await folder.ComputeDigestAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        return new AdapterReadOptions
        {
            BaseConfig = folder.Config,
            BaseDigest = line.GetValue(_clip) is { } clip ? BaseFolder.WithImageEncoder(digest, ClipEncoder.ComputeDigest(clip)) : digest,
            VisualHeads = line.GetValue(_visualHeads),
            Template = line.GetValue(_template),
            ChannelOrder = line.GetValue(_channelOrder),
            PromptLength = line.GetValue(_promptLength),
            Gate = AdapterChoice.Parse<GateForm>("--gate", line.GetValue(_gate)),
            PromptKeyValues = AdapterChoice.Parse<PromptProjection>("--prompt-kv", line.GetValue(_promptKv)),
            ScaleOrder = AdapterChoice.Parse<ScaleOrder>("--scale-order", line.GetValue(_scaleOrder)),
        };
    }

    /// <summary>Options as they are given on the command line; those that are null are left out.</summary>
    internal static string Describe(AdapterReadOptions options)
    {
        (string Name, string? Value)[] said =
        [
            ("--visual-heads", options.VisualHeads?.ToString(CultureInfo.InvariantCulture)), ("--template", options.Template), ("--channel-order", options.ChannelOrder),
            ("--prompt-length", options.PromptLength?.ToString(CultureInfo.InvariantCulture)), ("--gate", Name(options.Gate)),
            ("--prompt-kv", Name(options.PromptKeyValues)), ("--scale-order", Name(options.ScaleOrder)),
        ];
        return string.Join(' ', said.Where(option => option.Value is not null).Select(option => $"{option.Name} {option.Value}"));
    }

    private static string? Name<T>(T? value)
        where T : struct, Enum => value is { } chosen ? AdapterChoice.Names<T>()[Array.IndexOf(Enum.GetValues<T>(), chosen)] : null;

    private static Option<string?> Choice<T>(string name, string description)
        where T : struct, Enum
    {
        var option = new Option<string?>(name) { HelpName = string.Join('|', AdapterChoice.Names<T>()), Description = description };
        option.AcceptOnlyFromAmong([.. AdapterChoice.Names<T>()]);
        return option;
    }
}
