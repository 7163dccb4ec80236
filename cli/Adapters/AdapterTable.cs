using Herd.Engine.Adapters;
using Spectre.Console;

namespace Herd.Cli.Adapters;

/// <summary>Shows what an adapter is made of.</summary>
internal static class AdapterTable
{
    // A digest is there to be copied: where the output is no terminal, it is not cut.
    private const int WidthOfFiles = 160;

    /// <summary>Shows a whole adapter: its version, its components with their digests, its settings.</summary>
    internal static void Write(AdapterPackage package) => Write(package.Manifest, package.Version);

    /// <summary>Shows what a file tells without a base.</summary>
    internal static void Write(AdapterSummary summary)
    {
        if (summary.Manifest is { } manifest)
        {
            Write(manifest, manifest.Version);
            return;
        }

        var console = Console();
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("Part", "Tensors", "Parameters", "Bytes");
        foreach (var part in summary.Parts)
        {
            table.AddRow(part.Name, $"{part.Tensors}", $"{part.Parameters:N0}", $"{part.Bytes:N0}");
        }

        table.AddRow("all", $"{summary.Parts.Sum(part => part.Tensors)}", $"{summary.Parameters:N0}", $"{summary.Parts.Sum(part => part.Bytes):N0}");
        console.WriteLine($"layout   {summary.Layout}");
        console.WriteLine($"layers   {summary.Layers}");
        if (summary.Ranks.Count > 0)
        {
            console.WriteLine($"ranks    {string.Join(", ", summary.Ranks)}");
        }

        console.WriteLine("Not checked against a base: name one with --base for version and digests.");
        console.Write(table);
    }

    private static void Write(AdapterManifest manifest, string version)
    {
        var console = Console();
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("Component", "Tensors", "Parameters", "Bytes", "Digest");
        foreach (var (name, component) in manifest.Components)
        {
            table.AddRow(name, $"{component.Tensors}", $"{component.Parameters:N0}", $"{component.Length:N0}", component.Digest);
        }

        table.AddRow("all", "", $"{manifest.Parameters:N0}", $"{manifest.Bytes:N0}", "");
        console.WriteLine($"version  {version}");
        console.WriteLine($"base     {manifest.Base}");
        console.WriteLine($"template {manifest.Template}");
        foreach (var line in AdapterSettingsText.Of(manifest))
        {
            console.WriteLine(line);
        }

        console.Write(table);
    }

    private static IAnsiConsole Console()
    {
        var console = AnsiConsole.Console;
        if (!console.Profile.Out.IsTerminal)
        {
            console.Profile.Width = WidthOfFiles;
        }

        return console;
    }
}
