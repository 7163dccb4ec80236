using System.CommandLine;
using Herd.Engine;
using Herd.Engine.Adapters;

namespace Herd.Cli.Adapters;

/// <summary><c>herd adapter convert</c>: any form of an adapter into Herd's or a released one, checked against its base.</summary>
internal sealed class ConvertCommand : Command
{
    private readonly Argument<string> _input = new("IN") { Description = "Official .pth file, folder that PEFT saved or a zip of it, or a folder or .herd file of Herd's." };

    private readonly Argument<string> _output = new("OUT") { Description = "Folder to write, or a single file when it ends in .herd; .pth is the released layout of its kind, .safetensors that of early fusion." };

    private readonly ReadingOptions _reading = new(baseIsRequired: true);

    internal ConvertCommand()
        : base("convert", "Check an adapter against its base and write it in Herd's form, or in that of released files.")
    {
        Add(_input);
        Add(_output);
        _reading.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var output = line.GetRequiredValue(_output);
        ExpectFree(output);
        var options = await _reading.ReadAsync(line, cancellationToken).ConfigureAwait(false);
        using var package = AdapterPackage.Read(line.GetRequiredValue(_input), options!);
        package.Save(output);
        AdapterTable.Write(package);
        if (IsReleased(output) && ReadingOptions.Describe(package.ReleasedOptions) is { Length: > 0 } said)
        {
            Console.WriteLine($"The file does not tell everything. Read it with {said}.");
        }

        return 0;
    }

    private static bool IsReleased(string output) => File.Exists(output) && !output.EndsWith(".herd", StringComparison.OrdinalIgnoreCase);

    /// <summary>Said before the base is read, which can take a minute.</summary>
    private static void ExpectFree(string output)
    {
        if (Path.Exists(output))
        {
            throw new EngineException(
                EngineErrorCode.InvalidFile, $"{output}: expected a place where nothing is yet, found a file or folder. Name another place.");
        }
    }
}
