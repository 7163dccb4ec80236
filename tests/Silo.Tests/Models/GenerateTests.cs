using Herd.Contracts.Adapters;
using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Contracts.Routing;
using Herd.Contracts.Tenants;
using Herd.Silo.Tests.Hosting;
using Herd.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Herd.Silo.Tests.Models;

public sealed class GenerateTests(SharedSilo shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private TestSilo Silo => shared.Silo;

    private ReplicaRouter Router => Silo.Services.GetRequiredService<ReplicaRouter>();

    [Fact]
    public async Task A_generation_starts_streams_every_token_once_and_finishes()
    {
        var updates = await RunAsync(new TextPrompt("The story of"), maxTokens: 20);

        var started = Assert.IsType<GenerationStarted>(updates[0]);
        Assert.Equal(started.PromptTokens, started.PromptIds.Length);
        Assert.Equal(20, started.MaxTokens);
        var tokens = updates.OfType<TokensGenerated>().ToArray();
        var finished = Assert.IsType<GenerationFinished>(updates[^1]);
        Assert.Equal(Enumerable.Range(0, finished.CompletionTokens), tokens.SelectMany(chunk => Enumerable.Range(chunk.FirstIndex, chunk.Ids.Length)));
        Assert.All(tokens, chunk => Assert.Equal(chunk.Ids.Length, chunk.TextEnds.Length));
    }

    [Fact]
    public async Task The_reported_seed_repeats_a_sampled_answer()
    {
        var first = await RunAsync(new TextPrompt("Once"), maxTokens: 12, new SamplingParameters { Temperature = 1, TopP = 1, MaxTokens = 12 });
        var seed = Assert.IsType<GenerationStarted>(first[0]).Seed;

        var second = await RunAsync(new TextPrompt("Once"), maxTokens: 12, new SamplingParameters { Temperature = 1, TopP = 1, MaxTokens = 12, Seed = seed });

        Assert.Equal(Ids(first), Ids(second));
    }

    [Fact]
    public async Task A_chat_with_an_adapter_is_rendered_by_its_template_and_answered_by_its_weights()
    {
        await Silo.CreateTenantAsync("generate-chat");
        CallerContext.SetTenant("generate-chat");
        await Silo.PublishAsync("generate-chat", "story", "BIAS.pth");
        var version = await Silo.Adapter("generate-chat", "story").Resolve(null, null, Cancellation);
        var prompt = new ChatPrompt([new ChatMessage(ChatRole.User, "Tell me a story.")], null);

        var adapted = await RunAsync(prompt, maxTokens: 16, version: version);
        var bare = await RunAsync(prompt, maxTokens: 16);

        Assert.Equal("alpaca", Assert.IsType<GenerationStarted>(adapted[0]).Template);
        Assert.Equal(Assert.IsType<GenerationStarted>(bare[0]).PromptIds, Assert.IsType<GenerationStarted>(adapted[0]).PromptIds);
        Assert.NotEqual(Ids(bare), Ids(adapted));
    }

    [Fact]
    public async Task A_picture_changes_an_adapters_answer()
    {
        await Silo.CreateTenantAsync("generate-picture");
        CallerContext.SetTenant("generate-picture");
        await Silo.PublishAsync("generate-picture", "story", "BIAS.pth");
        var version = await Silo.Adapter("generate-picture", "story").Resolve(null, null, Cancellation);
        var picture = await Silo.UploadAsync("images", "rgb_96x71.png");

        var seen = await RunAsync(new TextPrompt("A picture of"), 16, version: version, picture: picture);
        var unseen = await RunAsync(new TextPrompt("A picture of"), 16, version: version);

        Assert.NotEqual(Ids(unseen), Ids(seen));
    }

    [Theory]
    [InlineData(HerdErrorCode.ContextLengthExceeded)]
    [InlineData(HerdErrorCode.InvalidPicture)]
    [InlineData(HerdErrorCode.InvalidArgument)]
    public async Task A_wrong_request_is_refused_with_its_code_before_anything_is_streamed(HerdErrorCode expected)
    {
        var tenant = $"wrong-{expected}".ToLowerInvariant();
        await Silo.CreateTenantAsync(tenant);
        CallerContext.SetTenant(tenant);
        await Silo.PublishAsync(tenant, "story", "BIAS.pth");
        var version = await Silo.Adapter(tenant, "story").Resolve(null, null, Cancellation);
        var rubbish = await Silo.Blobs.PutAsync(BlobArea.Scratch, new MemoryStream([1, 2, 3]), 3, Cancellation);
        var run = expected switch
        {
            HerdErrorCode.ContextLengthExceeded => RunAsync(new TextPrompt("word"), maxTokens: 100_000),
            HerdErrorCode.InvalidPicture => RunAsync(new TextPrompt("word"), 4, version: version, picture: rubbish),
            _ => RunAsync(new TextPrompt("word"), 4, new SamplingParameters { Temperature = -1 }),
        };

        var refused = await Assert.ThrowsAsync<HerdException>(() => run);

        Assert.Equal(expected, refused.Code);
    }

    [Fact]
    public async Task A_reader_that_leaves_frees_the_sequence()
    {
        await foreach (var update in Router.Generate(Request(new TextPrompt("Once"), new SamplingParameters { MaxTokens = 2000 }), Cancellation))
        {
            if (update is TokensGenerated)
            {
                break;
            }
        }

        await Eventually.TrueAsync(
            async () => (await Silo.Grains.GetGrain<IModelGrain>(Silo.Table.Replicas.Single().ModelKey).GetStatus(Cancellation)).RunningSequences == 0,
            Cancellation);
    }

    [Fact]
    public async Task A_version_for_another_base_is_refused_by_name()
    {
        var version = new AdapterVersion
        {
            Tenant = "any",
            Adapter = "story",
            Digest = new string('a', 64),
            BaseDigest = new string('b', 64),
            Manifest = "{}",
            Components = System.Collections.Immutable.ImmutableDictionary<string, BlobRef>.Empty,
            CreatedAt = DateTimeOffset.UnixEpoch,
        };

        var refused = await Assert.ThrowsAsync<HerdException>(() => RunAsync(new TextPrompt("word"), 4, version: version));

        Assert.Equal(HerdErrorCode.IncompatibleAdapter, refused.Code);
        Assert.Contains(version.BaseDigest, refused.Message, StringComparison.Ordinal);
    }

    private static int[] Ids(IReadOnlyList<GenerationUpdate> updates) => [.. updates.OfType<TokensGenerated>().SelectMany(chunk => chunk.Ids)];

    private static GenerateRequest Request(Prompt prompt, SamplingParameters sampling, AdapterVersion? version = null, BlobRef? picture = null) => new()
    {
        RequestId = Guid.NewGuid().ToString("N"),
        Tenant = "any",
        Prompt = prompt,
        Version = version,
        Picture = picture,
        Sampling = sampling,
    };

    private async Task<IReadOnlyList<GenerationUpdate>> RunAsync(
        Prompt prompt, int maxTokens, SamplingParameters? sampling = null, AdapterVersion? version = null, BlobRef? picture = null) =>
        await Router.Generate(Request(prompt, sampling ?? new SamplingParameters { MaxTokens = maxTokens }, version, picture), Cancellation)
            .ToListAsync(Cancellation);
}
