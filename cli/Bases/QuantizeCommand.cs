using System.CommandLine;
using System.Globalization;
using Herd.Engine.Bases;
using Spectre.Console;

namespace Herd.Cli.Bases;

/// <summary><c>herd base quantize</c>: a base with the matrices of its blocks in 8 bits.</summary>
internal sealed class QuantizeCommand : Command
{
    private readonly Argument<string> _base = new("BASE") { Description = "Folder of the base, in Meta's form or Hugging Face's." };

    private readonly Argument<string> _output = new("OUT") { Description = "Folder to write; nothing may be there yet." };

    private readonly Option<string?> _tokenizer = new("--tokenizer")
    {
        HelpName = "FILE",
        Description = "The tokenizer's file; otherwise tokenizer.model or tokenizer.json in the base's folder or the one above.",
    };

    private readonly Option<int> _group = new("--group")
    {
        HelpName = "N",
        Description = "Neighbours in a row that share a scale, 16 to 1024.",
        DefaultValueFactory = _ => BaseQuantizer.DefaultGroup,
    };

    internal QuantizeCommand()
        : base("quantize", "Write a base with its blocks' matrices in 8 bits. It serves the same adapters.")
    {
        Add(_base);
        Add(_output);
        Add(_tokenizer);
        Add(_group);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var source = BaseFolder.Open(line.GetRequiredValue(_base), line.GetValue(_tokenizer));
        var quantized = await BaseQuantizer
            .QuantizeAsync(source, line.GetRequiredValue(_output), line.GetValue(_group), cancellationToken: cancellationToken)
            .ConfigureAwait(false);
        var console = AnsiConsole.Console;
        console.WriteLine($"base  {await quantized.ComputeDigestAsync(cancellationToken: cancellationToken).ConfigureAwait(false)}");
        console.WriteLine($"group {quantized.Int8Group}");
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bytes {BytesOf(quantized):N0}, before {BytesOf(source):N0}"));
        return 0;
    }

    private static long BytesOf(BaseFolder folder) => folder.WeightsPaths.Sum(path => new FileInfo(path).Length);
}
