using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Grpc.Reflection.V1Alpha;
using Herd.Protos.V1;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd;

/// <summary>Generation and conversations over gRPC.</summary>
public sealed class GrpcTests(SharedGateway gateway)
{
    private static readonly Sampling Greedy = new() { Temperature = 0, MaxTokens = 10 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Generate_Stream_IsStartedTokensFinished()
    {
        var tenant = await gateway.NewTenantAsync();
        var version = await tenant.UploadAsync("cat", "CHAT-BIAS-SCALE-NORM.pth");
        var request = new GenerateRequest { Model = "cat", Chat = new Chat { Messages = { new ChatMessage { Role = Role.User, Text = "abc" } } }, Sampling = Greedy };

        var updates = await GenerateAsync(tenant, request);

        Assert.Equal(version, updates[0].Started.Version);
        Assert.Equal(10, updates[0].Started.MaxTokens);
        var finished = updates[^1].Finished;
        Assert.Equal(updates[0].Started.PromptTokens, finished.Usage.PromptTokens);
        var ids = updates[1..^1].SelectMany(update => update.Tokens.Ids).ToArray();
        Assert.InRange(ids.Length, finished.Usage.CompletionTokens, finished.Usage.CompletionTokens + 1);
        Assert.All(updates[1..^1], update => Assert.Equal(GenerateResponse.UpdateOneofCase.Tokens, update.UpdateCase));
    }

    [Fact]
    public async Task Generate_SameSeed_IsTheSameAnswer()
    {
        var tenant = await gateway.NewTenantAsync();
        var drawn = await GenerateAsync(tenant, new GenerateRequest { Model = "base", Text = "abc", Sampling = new Sampling { Temperature = 1, TopP = 1, MaxTokens = 20 } });

        var again = await GenerateAsync(
            tenant,
            new GenerateRequest { Model = "base", Text = "abc", Sampling = new Sampling { Temperature = 1, TopP = 1, MaxTokens = 20, Seed = drawn[0].Started.Seed } });

        Assert.Equal(TextOf(drawn), TextOf(again));
    }

    [Fact]
    public async Task Generate_DeadlineOver_EndsTheCall()
    {
        var tenant = await gateway.NewTenantAsync();

        var error = await Assert.ThrowsAsync<RpcException>(async () => await new GenerationService.GenerationServiceClient(tenant.Channel)
            .Generate(new GenerateRequest { Model = "base", Text = "abc" }, tenant.Metadata, DateTime.UtcNow, Cancellation)
            .ResponseStream.ReadAllAsync(Cancellation).ToListAsync(Cancellation));

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    [Fact]
    public async Task Models_AdapterWithPictures_SaysSo()
    {
        var tenant = await gateway.NewTenantAsync();
        var version = await tenant.UploadAsync("eye", "BIAS.pth");

        var models = await new ModelService.ModelServiceClient(tenant.Channel).ListModelsAsync(new ListModelsRequest(), tenant.Metadata, cancellationToken: Cancellation);

        Assert.Equal(["base", "eye", "eye@latest"], models.Models.Select(model => model.Id));
        Assert.Equal((ModelKind.Adapter, version, true), (models.Models[1].Kind, models.Models[1].Version, models.Models[1].TakesPictures));
        Assert.Equal("float32", models.Models[0].Base.Dtype);
    }

    [Fact]
    public async Task Conversation_Turns_ContinueAndAreKept()
    {
        var tenant = await gateway.NewTenantAsync();
        await tenant.UploadAsync("cat", "CHAT-BIAS-SCALE-NORM.pth");
        var conversations = new ConversationService.ConversationServiceClient(tenant.Channel);
        var made = await conversations.CreateConversationAsync(new CreateConversationRequest { Model = "cat" }, tenant.Metadata, cancellationToken: Cancellation);

        var first = await RunTurnAsync(conversations, tenant, made.Id, "one", "abc");
        var second = await RunTurnAsync(conversations, tenant, made.Id, "two", "and?");
        var joined = await RunTurnAsync(conversations, tenant, made.Id, "two", "and?");
        var turns = await conversations.ListTurnsAsync(new ListTurnsRequest { ConversationId = made.Id }, tenant.Metadata, cancellationToken: Cancellation);

        Assert.Equal(TurnState.Completed, second[^1].Finished.State);
        Assert.True(second[^1].Finished.Usage.PromptTokens > first[^1].Finished.Usage.PromptTokens);
        Assert.Equal(second[^1].Finished.Answer, joined[^1].Finished.Answer);
        Assert.Equal([first[^1].Finished.Answer, second[^1].Finished.Answer], turns.Turns.Select(turn => turn.Answer));
        Assert.Equal(2, (await conversations.GetConversationAsync(new GetConversationRequest { Id = made.Id }, tenant.Metadata, cancellationToken: Cancellation)).Turns);
        var listed = await conversations.ListConversationsAsync(new ListConversationsRequest(), tenant.Metadata, cancellationToken: Cancellation);
        Assert.Equal([made.Id], listed.Conversations.Select(conversation => conversation.Id));
    }

    [Fact]
    public async Task Conversation_ReadFromAnIndex_IsTheRestOfTheAnswer()
    {
        var tenant = await gateway.NewTenantAsync();
        var conversations = new ConversationService.ConversationServiceClient(tenant.Channel);
        var made = await conversations.CreateConversationAsync(new CreateConversationRequest { Model = "base", Id = "mine" }, tenant.Metadata, cancellationToken: Cancellation);
        var turn = await RunTurnAsync(conversations, tenant, made.Id, "one", "abc");
        var ids = IdsOf(turn);

        using var call = conversations.ReadTurn(new ReadTurnRequest { ConversationId = "mine", TurnId = "one", FromIndex = 3 }, tenant.Metadata, cancellationToken: Cancellation);
        var rest = await call.ResponseStream.ReadAllAsync(Cancellation).ToListAsync(Cancellation);

        Assert.Equal(ids[3..], IdsOf(rest));
        Assert.Equal(turn[^1].Finished.Answer, rest[^1].Finished.Answer);
    }

    [Fact]
    public async Task Conversation_OfSomebodyElse_ReadsLikeNone()
    {
        var owner = await gateway.NewTenantAsync();
        var other = await gateway.NewTenantAsync();
        var conversations = new ConversationService.ConversationServiceClient(owner.Channel);
        await conversations.CreateConversationAsync(new CreateConversationRequest { Model = "base", Id = "secret" }, owner.Metadata, cancellationToken: Cancellation);

        var theirs = await RefusalAsync(() => conversations.GetConversationAsync(new GetConversationRequest { Id = "secret" }, other.Metadata, cancellationToken: Cancellation));
        var absent = await RefusalAsync(() => conversations.GetConversationAsync(new GetConversationRequest { Id = "absent" }, other.Metadata, cancellationToken: Cancellation));

        Assert.Equal(StatusCode.NotFound, theirs.StatusCode);
        Assert.Equal(absent.Status.Detail, theirs.Status.Detail.Replace("secret", "absent", StringComparison.Ordinal));
    }

    [Fact]
    public async Task HealthAndReflection_NeedNoKey()
    {
        var tenant = await gateway.NewTenantAsync();

        var health = await new Health.HealthClient(tenant.Channel).CheckAsync(new HealthCheckRequest(), cancellationToken: Cancellation);
        var tenants = await ServicesAsync(tenant.Channel);
        var admin = await ServicesAsync(tenant.AdminChannel);

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, health.Status);
        Assert.Contains("herd.v1.GenerationService", tenants);
        Assert.Contains("herd.v1.TenantService", admin);
        Assert.Equal(["grpc.health.v1.Health", "herd.v1.UsageService"], tenants.Intersect(admin).Order(StringComparer.Ordinal));
    }

    private static async Task<string[]> ServicesAsync(GrpcChannel channel)
    {
        using var reflection = new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo(cancellationToken: Cancellation);
        await reflection.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" }, Cancellation);
        await reflection.ResponseStream.MoveNext(Cancellation);
        return [.. reflection.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name)];
    }

    private static async Task<List<GenerateResponse>> GenerateAsync(TestTenant tenant, GenerateRequest request)
    {
        using var call = new GenerationService.GenerationServiceClient(tenant.Channel).Generate(request, tenant.Metadata, cancellationToken: Cancellation);
        return await call.ResponseStream.ReadAllAsync(Cancellation).ToListAsync(Cancellation);
    }

    private static async Task<List<TurnUpdate>> RunTurnAsync(
        ConversationService.ConversationServiceClient conversations, TestTenant tenant, string conversation, string turn, string text)
    {
        var request = new RunTurnRequest { ConversationId = conversation, TurnId = turn, Text = text, Sampling = Greedy };
        using var call = conversations.RunTurn(request, tenant.Metadata, cancellationToken: Cancellation);
        return await call.ResponseStream.ReadAllAsync(Cancellation).ToListAsync(Cancellation);
    }

    private static async Task<RpcException> RefusalAsync<T>(Func<AsyncUnaryCall<T>> call) => await Assert.ThrowsAsync<RpcException>(async () => await call());

    private static string TextOf(List<GenerateResponse> updates) => string.Concat(updates.Select(update => update.Tokens?.Text));

    private static int[] IdsOf(List<TurnUpdate> updates) => [.. updates.SelectMany(update => update.Tokens?.Ids.ToArray() ?? [])];
}
