using Dapper;
using Herd.Contracts.Adapters;
using Herd.Contracts.Blobs;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Herd.Silo.Devices;
using Herd.Silo.Storage;
using Herd.Silo.Tests.Conversations;
using Herd.Silo.Tests.Hosting;
using Herd.Silo.Tests.Storage;
using Herd.Testing;
using Herd.Testing.Checkpoints;
using Microsoft.Extensions.DependencyInjection;

namespace Herd.Silo.Tests.Tenants;

/// <summary>Many that come at once for little room: it is filled, never more, and of those who were refused nothing is left.</summary>
public abstract class QuotaRaceTests(DatabaseSilo shared) : DatabaseSiloTests(shared)
{
    private const int AtOnce = 32;
    private const int Room = 4;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_adapters_published_at_once_as_many_are_kept_as_there_is_room_for()
    {
        var uploads = await UploadAdaptersAsync(changed: 0);
        await Silo.CreateTenantAsync("race-adapters", new TenantLimits { Adapters = Room });

        await PublishAllAsync("race-adapters", uploads, LimitNames.Adapters);
    }

    [Fact]
    public async Task Of_bytes_published_at_once_as_many_are_kept_as_there_is_room_for()
    {
        // Another place than above: what one tenant keeps, another may be refused.
        var uploads = await UploadAdaptersAsync(changed: 4);
        var one = uploads[0].Components.Sum(component => component.Length);
        await Silo.CreateTenantAsync("race-bytes", new TenantLimits { StoredBytes = uploads[..Room].SelectMany(upload => upload.Components).Distinct().Sum(component => component.Length) });

        await PublishAllAsync("race-bytes", uploads, LimitNames.StoredBytes);
        Assert.InRange(await ScalarAsync("SELECT SUM(bytes) FROM version_components WHERE tenant = @tenant", "race-bytes"), one, Room * one);
    }

    [Fact]
    public async Task Of_pictures_sent_at_once_as_many_are_kept_as_there_is_room_for()
    {
        await Silo.CreateTenantAsync("race-pictures", new TenantLimits { StoredPictures = Room });
        await Silo.PublishAsync("race-pictures", "story", "BIAS.pth");
        CallerContext.SetTenant("race-pictures");
        var picture = await File.ReadAllBytesAsync(GoldenFile("images", "palette_64x64.png"), Cancellation);
        var races = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async number =>
        {
            var conversation = Silo.Conversation("race-pictures", $"c{number}");
            await conversation.Create(new CreateConversation { Model = "story" }, Cancellation);
            return (Conversation: conversation, Picture: await PutAsync([.. picture, (byte)number]));
        }));

        var refusals = await RaceAsync(number => races[number].Conversation
            .RunTurn(ConversationTests.Turn("t1", "What is this?", 2) with { Picture = races[number].Picture }, Cancellation).ToListAsync(Cancellation).AsTask());

        AssertFull(refusals, LimitNames.StoredPictures);
        Assert.Equal(Room, await ScalarAsync("SELECT COUNT(*) FROM turns WHERE tenant = @tenant", "race-pictures"));
        foreach (var (number, refusal) in refusals.Index())
        {
            Assert.Equal(refusal is null ? 1 : 0, (await races[number].Conversation.Describe(Cancellation)).Turns);
            Assert.Equal(refusal is null, await IsStoredAsync(races[number].Picture with { Area = BlobArea.Pictures, Copy = null }));
        }
    }

    private async Task PublishAllAsync(string tenant, (BlobRef File, BlobRef[] Components)[] uploads, string limit)
    {
        var refusals = await RaceAsync(number => PublishAsync(tenant, $"a{number}", uploads[number].File));

        AssertFull(refusals, limit);
        CallerContext.SetTenant(tenant);
        var kept = uploads.Index().Where(upload => refusals[upload.Index] is null).ToArray();
        var listed = await Silo.Tenant(tenant).ListAdapters(Cancellation);
        Assert.Equal(kept.Select(upload => $"a{upload.Index}").Order(), listed.Select(adapter => adapter.Name).Order());
        foreach (var table in (string[])["adapters", "adapter_versions", "alias_heads"])
        {
            Assert.Equal(Room, await ScalarAsync($"SELECT COUNT(*) FROM {table} WHERE tenant = @tenant", tenant));
        }

        var named = kept.SelectMany(upload => upload.Item.Components).ToHashSet();
        foreach (var component in uploads.SelectMany(upload => upload.Components).Distinct())
        {
            Assert.Equal(named.Contains(component), await IsStoredAsync(component));
        }
    }

    /// <summary>Does something many times at once. Whoever finds the database busy comes again.</summary>
    /// <returns>Why each was refused; null for those who were not.</returns>
    private static Task<HerdException?[]> RaceAsync(Func<int, Task> work) => Task.WhenAll(Enumerable.Range(0, AtOnce).Select(number => Task.Run(async () =>
    {
        HerdException? refusal = null;
        await Eventually.TrueAsync(
            async () =>
            {
                refusal = await RefusalAsync(() => work(number));
                return refusal?.Code != HerdErrorCode.Unavailable;
            },
            Cancellation);
        return refusal;
    })));

    private static async Task<HerdException?> RefusalAsync(Func<Task> work)
    {
        try
        {
            await work();
            return null;
        }
        catch (HerdException error)
        {
            return error;
        }
    }

    private static void AssertFull(HerdException?[] refusals, string limit)
    {
        Assert.Equal(Room, refusals.Count(refusal => refusal is null));
        Assert.All(refusals.OfType<HerdException>(), refusal => Assert.Equal((HerdErrorCode.QuotaExceeded, limit), (refusal.Code, refusal.Limit)));
    }

    private async Task PublishAsync(string tenant, string name, BlobRef file)
    {
        CallerContext.SetTenant(tenant);
        var request = new PublishRequest { Upload = file, Settings = new AdapterSettings(), Alias = IAdapterGrain.DefaultAlias };
        await Silo.Adapter(tenant, name).Publish(request, Cancellation).ToListAsync(Cancellation);
    }

    /// <summary>Adapters alike but for the last bits of one number.</summary>
    /// <param name="changed">Which byte of the file's first tensor is another in each.</param>
    private async Task<(BlobRef File, BlobRef[] Components)[]> UploadAdaptersAsync(int changed)
    {
        var devices = Silo.Services.GetRequiredService<DeviceHosts>();
        var entries = ZipBytes.Unpack(await File.ReadAllBytesAsync(GoldenFile("adapters", "V1-PREFIX.pth"), Cancellation));
        var data = entries.Single(entry => entry.Name.EndsWith("/data/0", StringComparison.Ordinal)).Content;
        var uploads = new List<(BlobRef, BlobRef[])>();
        for (var number = 1; number <= AtOnce; number++)
        {
            data[changed] ^= (byte)number;
            var file = await PutAsync(ZipBytes.Pack(entries));
            data[changed] ^= (byte)number;
            using var package = await devices.ReadAdapterAsync((await Silo.Blobs.GetPathAsync(file, Cancellation))!, new AdapterSettings(), Cancellation);
            uploads.Add((file, [.. package.Components.Select(component => new BlobRef(BlobArea.Adapters, component.Digest, component.Length))]));
        }

        return [.. uploads];
    }

    private async Task<BlobRef> PutAsync(byte[] bytes)
    {
        using var content = new MemoryStream(bytes);
        return await Silo.Blobs.PutAsync(BlobArea.Scratch, content, bytes.Length, Cancellation);
    }

    private async Task<bool> IsStoredAsync(BlobRef blob) => await Silo.Blobs.GetPathAsync(blob, Cancellation) is not null;

    private Task<long> ScalarAsync(string sql, string tenant) => Silo.Services.GetRequiredService<Database>()
        .ReadAsync(connection => connection.ExecuteScalarAsync<long>(sql, new { tenant }), Cancellation);

    private static string GoldenFile(params string[] path) => Path.Combine([RepositoryFiles.Golden, .. path]);

    public sealed class OnSqlite(SharedSilo shared) : QuotaRaceTests(shared);

    public sealed class OnPostgres(SharedPostgres server) : QuotaRaceTests(server.Silo);
}
