using System.Text.Json;
using Herd.Testing;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd.BadInput;

/// <summary>All tests of hostile clients, one after another: each looks at what the gateway holds afterwards.</summary>
[CollectionDefinition]
public sealed class HostileClients : ICollectionFixture<HostileGateway>;

/// <summary>A gateway of its own for hostile clients, with little patience, and what it must look like after each of them.</summary>
public sealed class HostileGateway : IAsyncLifetime
{
    /// <summary>How long an upload, or the reader of a stream, may keep it waiting.</summary>
    internal const int PatienceSeconds = 2;

    /// <summary>The largest body.</summary>
    internal const int MaxRequestBytes = 16 << 20;

    private const string Adapter = "kept";
    private const string Question = "abc";

    // What one huge request may leave behind in the process's heap, many times over.
    private const long AllowedGrowth = 768L << 20;
    private const long HeapBytes = 768L << 20;

    private readonly TestFolder _data = new();
    private GatewayProcess? _process;
    private TestTenant? _tenant;
    private State _before = null!;
    private long _memoryBefore;

    /// <summary>The gateway.</summary>
    internal GatewayProcess Process => _process!;

    /// <summary>The tenant of the hostile clients; its adapter "kept" takes pictures.</summary>
    internal TestTenant Tenant => _tenant!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _process = GatewayProcess.Start(
            _data.Path,
            HeapBytes,
            [
                .. HerdPrograms.GoldenBase, .. GatewayProcess.GoldenClip, "--set",
                $"Gateway:MaxRequestBytes={MaxRequestBytes}", $"Gateway:UploadPatience=00:00:0{PatienceSeconds}", "Gateway:MaxUploadsPerTenant=100", "Adapters:LeaseRenewal=00:00:01",
                $"Gateway:ReaderPatience=00:00:0{PatienceSeconds}",
            ]);
        await _process.WaitUntilReadyAsync(CancellationToken.None);
        _tenant = await TestTenant.CreateAsync(_process, "hostile");
        await _tenant.UploadAsync(Adapter, "BIAS.pth");
        _before = await LookAsync();
        _memoryBefore = ResidentBytes();
    }

    /// <summary>Whether bytes of an upload are on the disk.</summary>
    internal bool IsUploading() => Files("incoming").Any();

    /// <summary>Throws where a hostile client has changed, stored or broken anything, or made the process large.</summary>
    internal async Task ExpectUnharmedAsync()
    {
        using var health = await Tenant.Http.GetAsync(new Uri("/healthz", UriKind.Relative), Cancellation);
        Assert.True(health.IsSuccessStatusCode, Process.Output);

        // What a client left behind is removed when its request has ended, a little after the answer; the bytes of a deleted adapter with its last lease.
        await Eventually.TrueAsync(() => !Leftovers().Any() && Kept() == _before.Blobs, Cancellation, $"nothing is left of requests: {string.Join(' ', Leftovers())} {Kept()}");
        var now = await LookAsync();
        Assert.Equal(_before.Answers, now.Answers);
        Assert.Equal(_before.Rows, now.Rows);
        Assert.InRange(ResidentBytes(), 0, _memoryBefore + AllowedGrowth);
        Assert.DoesNotContain("Unhandled exception", Process.Output, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _data.Dispose();
    }

    private async Task<State> LookAsync() => new(
        JsonSerializer.Serialize(new[] { await Tenant.CompleteAsync("base", Question, 12), await Tenant.CompleteAsync(Adapter, Question, 12) }),
        string.Join(' ', await RowsAsync()),
        Kept());

    private string Kept() => string.Join(' ', Files("adapters", "pictures").Order(StringComparer.Ordinal));

    private IEnumerable<string> Leftovers() => Files("scratch", "incoming");

    private IEnumerable<string> Files(params string[] folders) =>
        folders.SelectMany(folder => Directory.EnumerateFiles(_data.In("blobs", folder)).Select(file => $"{folder}/{Path.GetFileName(file)}"));

    // Usage is counted for requests that were served; Orleans' own rows change by themselves.
    private async Task<List<string>> RowsAsync()
    {
        await using var connection = new SqliteConnection($"Data Source={_data.In("herd.db")};Mode=ReadOnly");
        await connection.OpenAsync(Cancellation);
        var counts = new List<string>();
        foreach (var table in (string[])["tenants", "api_keys", "adapters", "adapter_versions", "version_components", "alias_heads", "conversations", "turns"])
        {
            await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The names stand above.
            command.CommandText = $"SELECT COUNT(*) FROM {table}";
#pragma warning restore CA2100
            counts.Add($"{table}:{await command.ExecuteScalarAsync(Cancellation)}");
        }

        return counts;
    }

    private long ResidentBytes()
    {
        var line = File.ReadLines($"/proc/{Process.Id}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], null) * 1024;
    }

    private sealed record State(string Answers, string Rows, string Blobs);
}
