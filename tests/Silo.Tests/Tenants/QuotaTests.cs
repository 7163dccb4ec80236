using Herd.Contracts.Blobs;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Herd.Silo.Tests.Conversations;
using Herd.Silo.Tests.Hosting;

namespace Herd.Silo.Tests.Tenants;

/// <summary>What a tenant keeps: over its limit nothing is stored, and deleting makes room.</summary>
public sealed class QuotaTests(SharedSilo shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_picture_too_many_is_refused_and_not_kept()
    {
        await shared.Silo.CreateTenantAsync("quota-picture", new TenantLimits { StoredPictures = 1 });
        CallerContext.SetTenant("quota-picture");
        await shared.Silo.PublishAsync("quota-picture", "story", "BIAS.pth");
        var first = await StartAsync("first");
        var second = await StartAsync("second");
        var one = await shared.Silo.UploadAsync("images", "palette_64x64.png");
        var other = await shared.Silo.UploadAsync("images", "rgba_60x75.png");
        await RunAsync(first, one);
        await RunAsync(second, one);

        var refused = await Assert.ThrowsAsync<HerdException>(() => RunAsync(second, other));

        Assert.Equal((HerdErrorCode.QuotaExceeded, LimitNames.StoredPictures), (refused.Code, refused.Limit));
        Assert.Null(await shared.Silo.Blobs.GetPathAsync(other with { Area = BlobArea.Pictures }, Cancellation));
        Assert.Equal(1, (await second.Describe(Cancellation)).Turns);
        await first.Delete(Cancellation);
        await second.Delete(Cancellation);
        await RunAsync(await StartAsync("third"), other);
    }

    [Fact]
    public async Task Of_several_uploads_at_once_no_more_are_kept_than_there_is_room_for()
    {
        await shared.Silo.CreateTenantAsync("quota-race", new TenantLimits { Adapters = 2 });

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(index => Task.Run(async () =>
        {
            try
            {
                await shared.Silo.PublishAsync("quota-race", $"adapter-{index}", "BIAS.pth");
                return (HerdErrorCode?)null;
            }
            catch (HerdException error)
            {
                return error.Code;
            }
        })));

        CallerContext.SetTenant("quota-race");
        Assert.Equal(4, outcomes.Count(code => code == HerdErrorCode.QuotaExceeded));
        Assert.Equal(2, (await shared.Silo.Tenant("quota-race").ListAdapters(Cancellation)).Length);
    }

    private async Task<IConversationGrain> StartAsync(string id)
    {
        var conversation = shared.Silo.Conversation("quota-picture", id);
        await conversation.Create(new CreateConversation { Model = "story" }, Cancellation);
        return conversation;
    }

    private static async Task RunAsync(IConversationGrain conversation, BlobRef picture) => await conversation
        .RunTurn(ConversationTests.Turn(Guid.NewGuid().ToString("N"), "What is this?", 2) with { Picture = picture }, Cancellation).ToListAsync(Cancellation);
}
