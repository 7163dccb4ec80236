namespace Herd.Engine.Adapters;

/// <summary>What an adapter version takes in host memory.</summary>
/// <param name="OwnBytes">Bytes of what is the version's alone.</param>
/// <param name="FrontEnd">Name of its visual front end, the same for all versions that share it; null for a version without.</param>
/// <param name="FrontEndBytes">Bytes of the front end, which are there once for all of them.</param>
public sealed record AdapterMemory(long OwnBytes, string? FrontEnd, long FrontEndBytes)
{
    /// <summary>What some versions take together.</summary>
    /// <param name="versions">Each version's memory.</param>
    /// <returns>Bytes, every front end counted once.</returns>
    public static long Sum(IEnumerable<AdapterMemory> versions)
    {
        var all = versions.ToArray();
        return all.Sum(version => version.OwnBytes) + all.DistinctBy(version => version.FrontEnd).Sum(version => version.FrontEndBytes);
    }
}
