using Herd.Contracts.Errors;
using Herd.Contracts.Keys;

namespace Herd.Contracts.Tenants;

/// <summary>
/// Who a grain call is made for. The gateway sets it from the key alone; it flows with nested calls; silos check it against the target's own key.
/// </summary>
public static class CallerContext
{
    /// <summary>The id that usage by signed tokens is counted under.</summary>
    public const string TokenKey = "token";

    private const string Name = "herd.caller";
    private const string Key = "herd.key";
    private const string Admin = "admin";
    private const string System = "system";

    /// <summary>Id of the key that the present call is made with; empty for calls of Herd itself.</summary>
    public static string KeyId => RequestContext.Get(Key) as string ?? "";

    /// <summary>Calls from here on are made for a tenant.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="keyId">Id of its key; usage is counted under it.</param>
    public static void SetTenant(string tenant, string keyId = "") => Set(GrainKeys.Tenant(tenant), keyId);

    /// <summary>Calls from here on are made for the administrator.</summary>
    public static void SetAdmin() => Set(Admin, keyId: "");

    /// <summary>Calls from here on are made for Herd itself: start-up, reports, sweeps.</summary>
    public static void SetSystem() => Set(System, keyId: "");

    /// <summary>Throws unless the present caller may call a grain.</summary>
    /// <param name="targetKey">The target grain's key.</param>
    /// <exception cref="HerdException">The target belongs to another tenant, or to the administrator. It reads as if the target did not exist.</exception>
    public static void Check(string targetKey)
    {
        var caller = RequestContext.Get(Name) as string;
        if (caller is Admin or System)
        {
            return;
        }

        var owner = GrainKeys.OwningTenant(targetKey);
        if (owner is not null && caller == GrainKeys.Tenant(owner))
        {
            return;
        }

        // Replicas, directories of replicas and key checks belong to nobody; the administrator's surface belongs to him alone.
        if (owner is null && !GrainKeys.IsAdministrators(targetKey))
        {
            return;
        }

        throw new HerdException(HerdErrorCode.PermissionDenied, "This key may not do that.");
    }

    private static void Set(string caller, string keyId)
    {
        RequestContext.Set(Name, caller);
        RequestContext.Set(Key, keyId);
    }
}
