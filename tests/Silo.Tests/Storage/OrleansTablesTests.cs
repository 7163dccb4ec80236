using System.Net;
using Herd.Silo.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace Herd.Silo.Tests.Storage;

/// <summary>Orleans' own tables keep the promises that its runtime relies on.</summary>
public abstract class OrleansTablesTests(DatabaseSilo shared) : DatabaseSiloTests(shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IGrainStorage States => Silo.Services.GetRequiredKeyedService<IGrainStorage>("Default");

    private IMembershipTable Members => Silo.Services.GetRequiredService<IMembershipTable>();

    private IReminderTable Reminders => Silo.Services.GetRequiredService<IReminderTable>();

    [Fact]
    public async Task A_state_is_read_as_it_was_written_until_it_is_cleared()
    {
        var id = GrainId.Create("state", "t:kept");
        var written = await WriteAsync(id, [1, 2, 3]);

        Assert.Equal([1, 2, 3], (await ReadAsync(id)).State);
        await States.ClearStateAsync("kept", id, written);
        Assert.False((await ReadAsync(id)).RecordExists);
        await WriteAsync(id, [4]);
        Assert.Equal([4], (await ReadAsync(id)).State);
    }

    [Fact]
    public async Task Of_two_that_change_one_state_the_second_is_refused()
    {
        var id = GrainId.Create("state", "t:raced");
        await WriteAsync(id, [1]);
        var (one, two) = (await ReadAsync(id), await ReadAsync(id));

        one.State = [2];
        await States.WriteStateAsync("kept", id, one);
        two.State = [3];

        await Assert.ThrowsAsync<InconsistentStateException>(() => States.WriteStateAsync("kept", id, two));
        await Assert.ThrowsAsync<InconsistentStateException>(() => WriteAsync(id, [4]));
        Assert.Equal([2], (await ReadAsync(id)).State);
    }

    [Fact]
    public async Task Of_many_that_join_at_once_one_does_for_each_version_of_the_table()
    {
        var version = await NextAsync();

        var joined = await Task.WhenAll(Enumerable.Range(1, 8).Select(generation => Members.InsertRowAsync(Dead(generation), version, Cancellation)));
        var stale = await Members.UpdateRowAsync(Dead(1), "0", version, Cancellation);

        Assert.Single(joined, true);
        Assert.False(stale);
        Assert.Equal(version.Version, (await Members.ReadAllAsync(Cancellation)).Version.Version);
    }

    [Fact]
    public async Task A_member_is_read_as_it_was_written()
    {
        var entry = Dead(100);
        Assert.True(await Members.InsertRowAsync(entry, await NextAsync(), Cancellation));

        var (read, etag) = (await Members.ReadRowAsync(entry.SiloAddress, Cancellation)).Members.Single();
        read.AddSuspector(entry.SiloAddress, DateTime.UtcNow);
        Assert.True(await Members.UpdateRowAsync(read, etag, await NextAsync(), Cancellation));

        var again = (await Members.ReadRowAsync(entry.SiloAddress, Cancellation)).Members.Single().Item1;
        Assert.Equal((entry.SiloName, SiloStatus.Dead, entry.ProxyPort), (again.SiloName, again.Status, again.ProxyPort));
        Assert.Single(again.SuspectTimes ?? []);
        Assert.Equal(entry.StartTime, again.StartTime, TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task A_reminder_is_found_by_name_and_range_and_removed_by_its_tag_alone()
    {
        var grain = GrainId.Create("reminded", "t:grain");
        var entry = new ReminderEntry { GrainId = grain, ReminderName = "daily", StartAt = DateTime.UtcNow, Period = TimeSpan.FromDays(1) };
        var first = await Reminders.UpsertRow(entry, Cancellation);

        var second = await Reminders.UpsertRow(entry, Cancellation);

        var hash = grain.GetUniformHashCode();
        Assert.Equal(TimeSpan.FromDays(1), (await Reminders.ReadRow(grain, "daily", Cancellation))?.Period);
        Assert.Contains((await Reminders.ReadRows(hash - 1, hash, Cancellation)).Reminders, found => found.GrainId == grain);
        Assert.DoesNotContain((await Reminders.ReadRows(hash, hash - 1, Cancellation)).Reminders, found => found.GrainId == grain);
        Assert.False(await Reminders.RemoveRow(grain, "daily", first!, Cancellation));
        Assert.True(await Reminders.RemoveRow(grain, "daily", second!, Cancellation));
        Assert.Empty((await Reminders.ReadRows(grain, Cancellation)).Reminders);
    }

    private static MembershipEntry Dead(int generation) => new()
    {
        SiloAddress = SiloAddress.New(IPAddress.Loopback, 1, generation),
        SiloName = "gone",
        HostName = "here",
        Status = SiloStatus.Dead,
        ProxyPort = 3,
        StartTime = DateTime.UtcNow,
        IAmAliveTime = DateTime.UtcNow,
    };

    private async Task<TableVersion> NextAsync() => (await Members.ReadAllAsync(Cancellation)).Version.Next();

    private async Task<GrainState<List<int>>> ReadAsync(GrainId id)
    {
        var state = new GrainState<List<int>>();
        await States.ReadStateAsync("kept", id, state);
        return state;
    }

    private async Task<GrainState<List<int>>> WriteAsync(GrainId id, List<int> value)
    {
        var state = new GrainState<List<int>>(value);
        await States.WriteStateAsync("kept", id, state);
        return state;
    }

    public sealed class OnSqlite(SharedSilo shared) : OrleansTablesTests(shared);

    public sealed class OnPostgres(SharedPostgres server) : OrleansTablesTests(server.Silo);
}
