using Dapper;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Silo.Tests.Storage;

namespace Herd.Silo.Tests.Hosting;

/// <summary>Whatever fails below a grain, its caller gets an error that can be read in any process.</summary>
public abstract class ForeignErrorTests(TestStorage storage) : IAsyncLifetime
{
    private TestSilo? _silo;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private TestSilo Silo => _silo!;

    public async ValueTask InitializeAsync()
    {
        await storage.InitializeAsync();
        _silo = await TestSilo.StartAsync(storage, Cancellation);
        await Silo.CreateTenantAsync("acme");
    }

    public async ValueTask DisposeAsync()
    {
        await Silo.DisposeAsync();
        await storage.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_failing_disk_in_the_middle_of_a_stream_is_an_internal_error()
    {
        CallerContext.SetTenant("acme");
        Directory.Delete(Path.Combine(storage.Folder, "blobs", "adapters"), recursive: true);

        var failed = await Assert.ThrowsAsync<HerdException>(() => Silo.PublishAsync("acme", "story", "BIAS.pth"));

        Assert.Equal(HerdErrorCode.Internal, failed.Code);
        Assert.DoesNotContain(storage.Folder, failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failing_database_is_unavailable_and_says_when_to_retry()
    {
        CallerContext.SetAdmin();
        await using (var connection = await storage.OpenAsync())
        {
            await connection.ExecuteAsync("ALTER TABLE conversations RENAME TO lost");
        }

        var activating = await Assert.ThrowsAsync<HerdException>(() => Silo.Conversation("acme", "c1").Describe(Cancellation));
        var calling = await Assert.ThrowsAsync<HerdException>(
            () => Silo.Grains.GetGrain<ITenantGrain>(GrainKeys.Tenant("acme")).ListConversations(null, 10, Cancellation));

        Assert.Equal((HerdErrorCode.Unavailable, HerdErrorCode.Unavailable), (activating.Code, calling.Code));
        Assert.NotNull(calling.RetryAfter);
    }

    public sealed class OnSqlite() : ForeignErrorTests(new SqliteStorage());

    public sealed class OnPostgres(SharedPostgres server) : ForeignErrorTests(new PostgresStorage(server));
}
