namespace Herd.Contracts.Adapters;

/// <summary>Waits for what adapters are asked to do.</summary>
public static class PublishUpdates
{
    /// <summary>Waits until a publication or a change of an alias is live.</summary>
    /// <param name="updates">Its steps.</param>
    /// <returns>Digest of the version that it was about.</returns>
    public static async Task<string> FinishAsync(this IAsyncEnumerable<PublishUpdate> updates)
    {
        string? version = null;
        await foreach (var update in updates.ConfigureAwait(false))
        {
            version = update.VersionDigest ?? version;
        }

        return version ?? throw new InvalidOperationException("A publication ended without a version.");
    }
}
