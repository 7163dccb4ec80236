using Herd.Contracts.Adapters;

namespace Herd.Silo.Adapters;

/// <summary>A version with what its description tells besides.</summary>
internal sealed record StoredVersion(AdapterVersion Version, string Template, long Parameters, bool TakesPictures)
{
    internal long Bytes => Version.Components.Values.Sum(component => component.Length);

    internal VersionDescription Describe() =>
        new(Version.Digest, Version.BaseDigest, Template, Parameters, Bytes, TakesPictures, Version.CreatedAt) { Experts = Version.Experts };
}
