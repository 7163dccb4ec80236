using System.Collections.Immutable;
using Herd.Contracts.Adapters;
using Herd.Contracts.Blobs;
using Herd.Silo.Storage;

namespace Herd.Silo.Adapters;

internal sealed class AdapterRow
{
    public required string Name { get; init; }

    public long CreatedAt { get; init; }
}

internal sealed class ComponentRow
{
    public required string Tenant { get; init; }

    public required string Adapter { get; init; }

    public required string Version { get; init; }

    public required string Name { get; init; }

    public required string Digest { get; init; }

    public long Bytes { get; init; }

    internal static IEnumerable<ComponentRow> From(AdapterVersion version) => version.Components.Select(component => new ComponentRow
    {
        Tenant = version.Tenant,
        Adapter = version.Adapter,
        Version = version.Digest,
        Name = component.Key,
        Digest = component.Value.Digest,
        Bytes = component.Value.Length,
    });
}

internal sealed class VersionRow
{
    public required string Tenant { get; init; }

    public required string Adapter { get; init; }

    public required string Digest { get; init; }

    public required string BaseDigest { get; init; }

    public required string Template { get; init; }

    public long Parameters { get; init; }

    public bool TakesPictures { get; init; }

    public required string Manifest { get; init; }

    public string? Experts { get; init; }

    public long CreatedAt { get; init; }

    internal static VersionRow From(StoredVersion stored) => new()
    {
        Tenant = stored.Version.Tenant,
        Adapter = stored.Version.Adapter,
        Digest = stored.Version.Digest,
        BaseDigest = stored.Version.BaseDigest,
        Template = stored.Template,
        Parameters = stored.Parameters,
        TakesPictures = stored.TakesPictures,
        Manifest = stored.Version.Manifest,
        Experts = Columns.OfList(stored.Version.Experts),
        CreatedAt = Columns.Of(stored.Version.CreatedAt),
    };

    internal StoredVersion ToVersion(IEnumerable<ComponentRow> components) => new(
        new AdapterVersion
        {
            Tenant = Tenant,
            Adapter = Adapter,
            Digest = Digest,
            BaseDigest = BaseDigest,
            Manifest = Manifest,
            Components = components.ToImmutableDictionary(row => row.Name, row => new BlobRef(BlobArea.Adapters, row.Digest, row.Bytes)),
            CreatedAt = Columns.Moment(CreatedAt),
            Experts = Columns.List<string>(Experts),
        },
        Template,
        Parameters,
        TakesPictures);
}
