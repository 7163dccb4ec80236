using Herd.Engine.Adapters;
using Spectre.Console;

namespace Herd.Cli.Adapters;

/// <summary>Shows what an adapter is made of.</summary>
internal static class PackageTable
{
    // A digest is there to be copied: where the output is no terminal, it is not cut.
    private const int WidthOfFiles = 160;

    internal static void Write(AdapterPackage package)
    {
        var console = AnsiConsole.Console;
        if (!console.Profile.Out.IsTerminal)
        {
            console.Profile.Width = WidthOfFiles;
        }

        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("Component", "Tensors", "Parameters", "Bytes", "Digest");
        foreach (var (name, component) in package.Manifest.Components)
        {
            table.AddRow(name, $"{component.Tensors}", $"{component.Parameters:N0}", $"{component.Length:N0}", component.Digest);
        }

        table.AddRow("all", "", $"{package.Parameters:N0}", $"{package.Manifest.Bytes:N0}", "");
        console.WriteLine($"version  {package.Version}");
        console.WriteLine($"base     {package.Manifest.Base}");
        console.WriteLine($"template {package.Manifest.Template}");
        console.Write(table);
    }
}
