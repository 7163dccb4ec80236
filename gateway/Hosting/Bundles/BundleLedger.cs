using System.Text;

namespace Herd.Gateway.Hosting.Bundles;

/// <summary>What a tenant was given of a bundle.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="Adapter">The adapter's name.</param>
/// <param name="File">Digest of the file.</param>
/// <param name="Version">The version that was made of it.</param>
internal sealed record BundleEntry(string Tenant, string Adapter, string File, string Version);

/// <summary>What tenants were given of bundles, kept in the data folder; one process has it at a time.</summary>
/// <remarks>
/// A line each, of which the last about an adapter counts. One that a crash cut short counts for nothing: what it was about is given again, which changes
/// nothing.
/// </remarks>
internal sealed class BundleLedger : IAsyncDisposable
{
    private const string FileName = "bundle.txt";
    private const int DigestLength = 64;
    private const int MostAttempts = 1200;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(50);

    private readonly FileStream _file;
    private readonly Dictionary<(string Tenant, string Adapter), BundleEntry> _entries = [];

    private BundleLedger(FileStream file) => _file = file;

    /// <summary>Opens the ledger of a data folder, waiting for another process that has it.</summary>
    /// <param name="dataFolder">The data folder.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>The ledger.</returns>
    /// <exception cref="IOException">Another process keeps it for a minute.</exception>
    public static async Task<BundleLedger> OpenAsync(string dataFolder, CancellationToken cancellationToken)
    {
        var ledger = new BundleLedger(await OpenAloneAsync(Path.GetFullPath(Path.Combine(dataFolder, FileName)), cancellationToken));
        await ledger.ReadAsync(cancellationToken);
        return ledger;
    }

    /// <summary>What a tenant was given last under a name.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="adapter">The adapter's name.</param>
    /// <returns>The entry; null where it was given nothing.</returns>
    public BundleEntry? Find(string tenant, string adapter) => _entries.GetValueOrDefault((tenant, adapter));

    /// <summary>Whether a tenant was given anything.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <returns>True where it was.</returns>
    public bool Knows(string tenant) => _entries.Keys.Any(key => key.Tenant == tenant);

    /// <summary>Writes down what a tenant was given; it is on the disk when this returns.</summary>
    /// <param name="entry">What it was given.</param>
    public void Add(BundleEntry entry)
    {
        _file.Write(Encoding.ASCII.GetBytes($"{entry.Tenant} {entry.Adapter} {entry.File} {entry.Version}\n"));
        _file.Flush(flushToDisk: true);
        _entries[(entry.Tenant, entry.Adapter)] = entry;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _file.DisposeAsync();

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(_file, Encoding.ASCII, leaveOpen: true);
        var text = await reader.ReadToEndAsync(cancellationToken);
        foreach (var line in text.Split('\n'))
        {
            if (line.Split(' ') is [var tenant, var adapter, { Length: DigestLength } file, { Length: DigestLength } version])
            {
                _entries[(tenant, adapter)] = new BundleEntry(tenant, adapter, file, version);
            }
        }

        if (text.Length > 0 && text[^1] != '\n')
        {
            await _file.WriteAsync("\n"u8.ToArray(), cancellationToken);
        }
    }

    private static async Task<FileStream> OpenAloneAsync(string path, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (attempt < MostAttempts)
            {
                await Task.Delay(RetryDelay, cancellationToken);
            }
        }
    }
}
