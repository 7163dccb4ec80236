using System.Text;
using Herd.Engine.Checkpoints;

namespace Herd.Engine.Adapters.Formats;

/// <summary>An adapter in Herd's own form, not yet read: the text of its manifest, and how to open each component.</summary>
/// <param name="Path">Where the manifest lies; names it in errors.</param>
/// <param name="ManifestJson">The text.</param>
/// <param name="Components">Component to its file.</param>
internal sealed record HerdFiles(string Path, string ManifestJson, IReadOnlyDictionary<string, Func<SafetensorsFile>> Components)
{
    private const int MaxManifestBytes = 1 << 20;

    internal static string ReadText(FileBytes file, long offset, long length)
    {
        if (length > MaxManifestBytes)
        {
            throw Formats.ManifestJson.Refuse(file.Path, $"a manifest of at most {MaxManifestBytes} bytes", $"{length}");
        }

        var text = new byte[length];
        file.Read(offset, text);
        return Encoding.UTF8.GetString(text);
    }
}
