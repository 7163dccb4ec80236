using System.Text.RegularExpressions;
using Herd.Contracts.Errors;

namespace Herd.Contracts.Keys;

/// <summary>
/// Builds and reads grain keys. Every key carries a prefix with a colon, so that no key reads as a hexadecimal number or a GUID: the ADO.NET
/// storage provider would fold such keys together.
/// </summary>
public static partial class GrainKeys
{
    /// <summary>What tenant, adapter, alias and conversation names look like.</summary>
    public const string NameRule = "1 to 64 of a-z, 0-9, '-', '_' and '.', beginning with a letter or digit";

    /// <summary>Key of the one tenant directory.</summary>
    public const string TenantDirectory = "i:tenants";

    /// <summary>Key of the one directory of leases.</summary>
    public const string LeaseDirectory = "i:leases";

    /// <summary>Key of a tenant.</summary>
    /// <param name="tenant">The tenant's name.</param>
    /// <returns><c>t:tenant</c>.</returns>
    public static string Tenant(string tenant) => $"t:{tenant}";

    /// <summary>Key of a tenant's adapter.</summary>
    /// <param name="tenant">The tenant's name.</param>
    /// <param name="adapter">The adapter's name.</param>
    /// <returns><c>t:tenant/a:adapter</c>.</returns>
    public static string Adapter(string tenant, string adapter) => $"t:{tenant}/a:{adapter}";

    /// <summary>Key of a tenant's conversation.</summary>
    /// <param name="tenant">The tenant's name.</param>
    /// <param name="conversation">The conversation's id.</param>
    /// <returns><c>t:tenant/c:conversation</c>.</returns>
    public static string Conversation(string tenant, string conversation) => $"t:{tenant}/c:{conversation}";

    /// <summary>Key of a tenant's training job.</summary>
    /// <param name="tenant">The tenant's name.</param>
    /// <param name="job">The job's id.</param>
    /// <returns><c>t:tenant/j:job</c>.</returns>
    public static string TrainingJob(string tenant, string job) => $"t:{tenant}/j:{job}";

    /// <summary>Key of the model grain in front of one device of one process.</summary>
    /// <param name="silo">The silo's name.</param>
    /// <param name="device">The device, such as <c>cpu:0</c>.</param>
    /// <returns><c>d:silo/device</c>.</returns>
    public static string Model(string silo, string device) => $"d:{silo}/{device}";

    /// <summary>The silo that a model grain's key names.</summary>
    /// <param name="modelKey">A model grain's key.</param>
    /// <returns>The silo's name; empty where the key names none.</returns>
    public static string SiloOf(string modelKey)
    {
        ArgumentNullException.ThrowIfNull(modelKey);
        var end = modelKey.IndexOf('/', StringComparison.Ordinal);
        return modelKey.StartsWith("d:", StringComparison.Ordinal) && end > 0 ? modelKey[2..end] : "";
    }

    /// <summary>Key of the directory of a base's replicas.</summary>
    /// <param name="baseName">The base's configured name.</param>
    /// <returns><c>b:base</c>.</returns>
    public static string ReplicaDirectory(string baseName) => $"b:{baseName}";

    /// <summary>Key of an API key's record.</summary>
    /// <param name="keyId">The id inside the API key.</param>
    /// <returns><c>k:id</c>.</returns>
    public static string ApiKey(string keyId) => $"k:{keyId}";

    /// <summary>The tenant that owns a grain, or null where the grain belongs to no tenant.</summary>
    /// <param name="key">A grain key.</param>
    /// <returns>The tenant's name.</returns>
    public static string? OwningTenant(string key)
    {
        if (!key.StartsWith("t:", StringComparison.Ordinal))
        {
            return null;
        }

        var end = key.IndexOf('/', StringComparison.Ordinal);
        return end < 0 ? key[2..] : key[2..end];
    }

    /// <summary>Whether a grain belongs to the administrator alone.</summary>
    /// <param name="key">A grain key.</param>
    /// <returns>True where it does.</returns>
    public static bool IsAdministrators(string key) => key.StartsWith("i:", StringComparison.Ordinal);

    /// <summary>The part of a key behind its last prefix: the adapter's, conversation's or job's own name, the device, the key's id.</summary>
    /// <param name="key">A grain key.</param>
    /// <returns>The name without prefix.</returns>
    public static string OwnName(string key)
    {
        var part = key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..];
        return part.Length > 2 && part[1] == ':' ? part[2..] : part;
    }

    /// <summary>Whether a name follows <see cref="NameRule"/>.</summary>
    /// <param name="name">The name.</param>
    /// <returns>True where it does.</returns>
    public static bool IsName(string? name) => name is not null && NamePattern().IsMatch(name);

    /// <summary>Returns a name that follows <see cref="NameRule"/>, or throws.</summary>
    /// <param name="name">The name.</param>
    /// <param name="field">The request field it came in.</param>
    /// <returns>The name.</returns>
    /// <exception cref="HerdException">The name breaks the rule.</exception>
    public static string RequireName(string? name, string field) => IsName(name)
        ? name!
        : throw HerdException.Invalid(field, $"'{field}' must be {NameRule}.");

    [GeneratedRegex(@"^[a-z0-9][a-z0-9._-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();
}
