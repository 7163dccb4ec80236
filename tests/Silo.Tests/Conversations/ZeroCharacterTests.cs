using Herd.Contracts.Conversations;
using Herd.Contracts.Tenants;
using Herd.Silo.Tests.Hosting;
using Herd.Silo.Tests.Storage;

namespace Herd.Silo.Tests.Conversations;

/// <summary>What tenants say may hold any character, also those that a database's text cannot hold.</summary>
public abstract class ZeroCharacterTests(DatabaseSilo shared) : DatabaseSiloTests(shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_zero_character_is_stored_and_told_as_it_was_said()
    {
        await Silo.CreateTenantAsync("turn-zero");
        CallerContext.SetTenant("turn-zero");
        var conversation = Silo.Conversation("turn-zero", "c1");
        await conversation.Create(new CreateConversation { Model = "base", System = "a\0b" }, Cancellation);

        var request = ConversationTests.Turn("t1", "\0Hello", 4) with { Input = "in\0put\u001a" };
        await conversation.RunTurn(request, Cancellation).ToListAsync(Cancellation);

        var listed = Assert.Single(await Silo.Tenant("turn-zero").ListConversations(null, 1, Cancellation));
        var turn = Assert.Single(await conversation.ListTurns(0, 1, Cancellation));
        Assert.Equal("a\0b", listed.System);
        Assert.Equal("\0Hello", turn.Text);
        Assert.Equal("in\0put\u001a", turn.Input);
    }

    public sealed class OnSqlite(SharedSilo shared) : ZeroCharacterTests(shared);

    public sealed class OnPostgres(SharedPostgres server) : ZeroCharacterTests(server.Silo);
}
