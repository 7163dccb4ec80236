using System.Text.Json;
using System.Text.Json.Nodes;
using Herd.Engine.Adapters;

namespace Herd.Engine.Bases;

/// <summary>What <c>herd.json</c> says of a base folder whose blocks' matrices are stored in 8 bits. docs/design/0015.</summary>
/// <param name="Group">Neighbours in a row that share a scale.</param>
/// <param name="Source">Digest of the base that was quantised, which is this base's name too.</param>
/// <param name="Content">Digest of the folder's own files, so that others are not taken for them.</param>
internal sealed record Quantization(int Group, string Source, string Content)
{
    public const string FileName = "herd.json";
    public const int DefaultGroup = 64;
    public const int MinGroup = 16;
    public const int MaxGroup = 1024;

    private const int Layout = 1;
    private const string Int8 = "int8";
    private const string LayoutField = "herd";
    private const string WeightsField = "weights";
    private const string GroupField = "group";
    private const string SourceField = "base";
    private const string ContentField = "content";

    private static readonly string[] Known = [LayoutField, WeightsField, GroupField, SourceField, ContentField];

    /// <summary>Reads the file strictly.</summary>
    /// <param name="json">Its text.</param>
    /// <param name="path">Where it lies; names it in errors.</param>
    /// <returns>What it says.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: a field is absent, unknown or out of range.</exception>
    public static Quantization Read(string json, string path)
    {
        var file = new ConfigFile(json, path);
        file.Int(LayoutField, Layout, Layout);
        if (file.Names.FirstOrDefault(name => !Known.Contains(name)) is { } unknown)
        {
            throw file.Refuse(unknown, $"only {string.Join(", ", Known)}", "a field that is not known");
        }

        if (file.Text(WeightsField) is var weights && weights != Int8)
        {
            throw file.Refuse(WeightsField, $"'{Int8}'", $"'{weights}'");
        }

        return new Quantization(file.Int(GroupField, MinGroup, MaxGroup), Digest(file, SourceField), Digest(file, ContentField));
    }

    /// <summary>The file's text.</summary>
    /// <returns>JSON.</returns>
    public string ToJson() => new JsonObject
    {
        [LayoutField] = Layout,
        [WeightsField] = Int8,
        [GroupField] = Group,
        [SourceField] = Source,
        [ContentField] = Content,
    }.ToJsonString(new JsonSerializerOptions { WriteIndented = true });

    private static string Digest(ConfigFile file, string field) =>
        file.Text(field) is var digest && Sha256Hex.IsOne(digest)
            ? digest
            : throw file.Refuse(field, "a SHA-256 of 64 lower-case hexadecimal digits", "something else");
}
