namespace Herd.Engine.Adapters.Formats;

/// <summary>The components an adapter can be made of, and what their files are called.</summary>
internal static class ComponentNames
{
    internal const string Visual = "visual";
    internal const string Prompts = "prompts";
    internal const string Tuning = "tuning";
    internal const string Lora = "lora";

    internal const string ManifestFile = "manifest.json";
    internal const string Extension = ".safetensors";

    internal static IReadOnlyList<string> All { get; } = [Visual, Prompts, Tuning, Lora];

    internal static string FileOf(string component) => component + Extension;
}
