namespace Herd.Silo.Hosting;

/// <summary>What a gateway is to its cluster.</summary>
public enum GatewayMode
{
    /// <summary>A silo with devices of its own: all of Herd in one process.</summary>
    Embedded,

    /// <summary>A member without devices: it learns of a lost silo as fast as the silos do, and hosts no grains.</summary>
    Member,

    /// <summary>A client of the silos' client ports: it learns of a lost silo by calls that nobody answers in time.</summary>
    Client,
}
