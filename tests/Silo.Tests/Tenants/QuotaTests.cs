using Herd.Contracts.Blobs;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Herd.Silo.Tests.Conversations;
using Herd.Silo.Tests.Hosting;
using Herd.Silo.Tests.Storage;

namespace Herd.Silo.Tests.Tenants;

/// <summary>What a tenant keeps: over its limit nothing is stored, and deleting makes room.</summary>
public abstract class QuotaTests(DatabaseSilo shared) : DatabaseSiloTests(shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_picture_too_many_is_refused_and_not_kept()
    {
        await Silo.CreateTenantAsync("quota-picture", new TenantLimits { StoredPictures = 1 });
        CallerContext.SetTenant("quota-picture");
        await Silo.PublishAsync("quota-picture", "story", "BIAS.pth");
        var first = await StartAsync("first");
        var second = await StartAsync("second");
        var one = await Silo.UploadAsync("images", "palette_64x64.png");
        var other = await Silo.UploadAsync("images", "rgba_60x75.png");
        await RunAsync(first, one);
        await RunAsync(second, one);

        var refused = await Assert.ThrowsAsync<HerdException>(() => RunAsync(second, other));

        Assert.Equal((HerdErrorCode.QuotaExceeded, LimitNames.StoredPictures), (refused.Code, refused.Limit));
        Assert.Null(await Silo.Blobs.GetPathAsync(other with { Area = BlobArea.Pictures, Copy = null }, Cancellation));
        Assert.Equal(1, (await second.Describe(Cancellation)).Turns);
        await first.Delete(Cancellation);
        await second.Delete(Cancellation);
        await RunAsync(await StartAsync("third"), other);
    }

    private async Task<IConversationGrain> StartAsync(string id)
    {
        var conversation = Silo.Conversation("quota-picture", id);
        await conversation.Create(new CreateConversation { Model = "story" }, Cancellation);
        return conversation;
    }

    private static async Task RunAsync(IConversationGrain conversation, BlobRef picture) => await conversation
        .RunTurn(ConversationTests.Turn(Guid.NewGuid().ToString("N"), "What is this?", 2) with { Picture = picture }, Cancellation).ToListAsync(Cancellation);

    public sealed class OnSqlite(SharedSilo shared) : QuotaTests(shared);

    public sealed class OnPostgres(SharedPostgres server) : QuotaTests(server.Silo);
}
