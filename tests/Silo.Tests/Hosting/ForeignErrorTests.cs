using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Testing;
using Microsoft.Data.Sqlite;

namespace Herd.Silo.Tests.Hosting;

/// <summary>Whatever fails below a grain, its caller gets an error that can be read in any process.</summary>
public sealed class ForeignErrorTests : IAsyncLifetime
{
    private readonly TestFolder _folder = new();
    private TestSilo? _silo;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private TestSilo Silo => _silo!;

    public async ValueTask InitializeAsync()
    {
        _silo = await TestSilo.StartAsync(_folder.Path, Cancellation);
        await Silo.CreateTenantAsync("acme");
    }

    public async ValueTask DisposeAsync()
    {
        await Silo.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_failing_disk_in_the_middle_of_a_stream_is_an_internal_error()
    {
        CallerContext.SetTenant("acme");
        Directory.Delete(_folder.In("blobs", "adapters"), recursive: true);

        var failed = await Assert.ThrowsAsync<HerdException>(() => Silo.PublishAsync("acme", "story", "BIAS.pth"));

        Assert.Equal(HerdErrorCode.Internal, failed.Code);
        Assert.DoesNotContain(_folder.Path, failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failing_database_is_unavailable_and_says_when_to_retry()
    {
        CallerContext.SetAdmin();
        await using (var connection = new SqliteConnection($"Data Source={_folder.In("herd.db")}"))
        {
            await connection.OpenAsync(Cancellation);
            await using var command = connection.CreateCommand();
            command.CommandText = "DROP TABLE conversations";
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        var activating = await Assert.ThrowsAsync<HerdException>(() => Silo.Conversation("acme", "c1").Describe(Cancellation));
        var calling = await Assert.ThrowsAsync<HerdException>(
            () => Silo.Grains.GetGrain<ITenantGrain>(GrainKeys.Tenant("acme")).ListConversations(null, 10, Cancellation));

        Assert.Equal((HerdErrorCode.Unavailable, HerdErrorCode.Unavailable), (activating.Code, calling.Code));
        Assert.NotNull(calling.RetryAfter);
    }
}
