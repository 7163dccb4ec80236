namespace Herd.Silo.Placement;

/// <summary>Names in the cluster's list of members. They tell what a member is, at once and to everybody: what it says of itself comes later.</summary>
internal static class MemberNames
{
    // A silo's own name holds no slash.
    private const string GatewayPrefix = "gateway/";

    /// <summary>Name of a gateway without devices.</summary>
    internal static string OfGateway(string name) => GatewayPrefix + name;

    /// <summary>Whether a member is a gateway without devices.</summary>
    internal static bool IsGateway(string memberName) => memberName.StartsWith(GatewayPrefix, StringComparison.Ordinal);
}
