using Herd.Contracts.Adapters;

namespace Herd.Gateway.Adapters;

/// <summary>A version as JSON.</summary>
internal sealed record VersionBody(
    string Digest, string BaseDigest, string Template, long Parameters, long Bytes, bool TakesPictures, DateTimeOffset CreatedAt);

/// <summary>An adapter as JSON.</summary>
internal sealed record AdapterBody(
    string Name, IReadOnlyDictionary<string, string> Aliases, IReadOnlyList<VersionBody> Versions, DateTimeOffset CreatedAt)
{
    /// <summary>The kind of object.</summary>
    public string Object { get; } = "adapter";

    /// <summary>An adapter's body.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <returns>The body.</returns>
    public static AdapterBody Of(AdapterDescription adapter) => new(
        adapter.Name,
        adapter.Aliases,
        [
            .. adapter.Versions.Select(version => new VersionBody(
                version.Digest, version.BaseDigest, version.Template, version.Parameters, version.Bytes, version.TakesPictures, version.CreatedAt)),
        ],
        adapter.CreatedAt);
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
