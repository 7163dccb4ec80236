using System.Text.Json;
using Herd.Contracts.Adapters;

namespace Herd.Gateway.Adapters;

/// <summary>A version as JSON.</summary>
internal sealed record VersionBody(
    string Digest, string BaseDigest, string Template, long Parameters, long Bytes, bool TakesPictures, IReadOnlyList<string> Experts, DateTimeOffset CreatedAt);

/// <summary>An adapter as JSON.</summary>
internal sealed record AdapterBody(
    string Name,
    IReadOnlyDictionary<string, string> Aliases,
    IReadOnlyDictionary<string, CanaryBody> Canaries,
    IReadOnlyList<VersionBody> Versions,
    DateTimeOffset CreatedAt)
{
    /// <summary>The kind of object.</summary>
    public string Object { get; } = "adapter";

    /// <summary>An adapter's body.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <returns>The body.</returns>
    public static AdapterBody Of(AdapterDescription adapter) => new(
        adapter.Name,
        adapter.Aliases,
        adapter.Canaries.ToDictionary(canary => canary.Key, canary => new CanaryBody(canary.Value.Version, canary.Value.Share, canary.Value.Since)),
        [
            .. adapter.Versions.Select(version => new VersionBody(
                version.Digest, version.BaseDigest, version.Template, version.Parameters, version.Bytes, version.TakesPictures, version.Experts, version.CreatedAt)),
        ],
        adapter.CreatedAt);
}

/// <summary>A version with a share of an alias' requests as JSON.</summary>
internal sealed record CanaryBody(string Version, int Share, DateTimeOffset Since);

/// <summary>One entry of an alias' history as JSON.</summary>
internal sealed record AliasMoveBody(int Position, string Kind, string? From, string To, int? Share, DateTimeOffset At);

/// <summary>A page of an alias' history as JSON, newest first.</summary>
internal sealed record AliasHistoryBody(IReadOnlyList<AliasMoveBody> Data, bool HasMore)
{
    /// <summary>The kind of object.</summary>
    public string Object { get; } = "list";

    /// <summary>A page's body.</summary>
    /// <param name="page">The page.</param>
    /// <returns>The body.</returns>
    public static AliasHistoryBody Of(AliasHistoryPage page) => new(
        [.. page.Moves.Select(move => new AliasMoveBody(move.Position, NameOf(move.Kind), move.From, move.To, move.Share, move.At))], page.HasMore);

    private static string NameOf(AliasMoveKind kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());
}

/// <summary>A list of adapters as JSON.</summary>
internal sealed record AdapterListBody(IReadOnlyList<AdapterBody> Data)
{
    /// <summary>The kind of object.</summary>
    public string Object { get; } = "list";
}

/// <summary>The version that is live now, and its adapter.</summary>
internal sealed record UploadedBody(string Version, AdapterBody Adapter);

/// <summary>An adapter that is gone.</summary>
internal sealed record DeletedBody(string Name)
{
    /// <summary>The kind of object.</summary>
    public string Object { get; } = "adapter";

    /// <summary>Always true.</summary>
    public bool Deleted { get; } = true;
}
