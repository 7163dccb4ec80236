using System.Collections.Concurrent;
using System.Text.Json;
using Grpc.Core;
using Herd.Protos.V1;
using Herd.Testing;
using Herd.Testing.Adapters;
using OpenAI.Chat;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd;

/// <summary>Aliases move under load, on a gateway with two devices. Each version makes the model say its own word.</summary>
public sealed class FlipTests : IAsyncLifetime
{
    private const int Clients = 32;
    private const int Flips = 1000;
    private const int UploadEvery = 125;
    private const int Tokens = 4;
    private const string Model = "flip";

    private static readonly ChatCompletionOptions Greedy = new() { Temperature = 0, MaxOutputTokenCount = Tokens };
    private static readonly Sampling GreedySampling = new() { Temperature = 0, MaxTokens = Tokens };

    private readonly TestFolder _folder = new();
    private readonly ConcurrentDictionary<(string Version, string Text), int> _answers = new();
    private readonly Dictionary<string, string> _words = [];
    private readonly Stack<string> _versions = new();
    private GatewayProcess? _process;
    private TestTenant? _tenant;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private TestTenant Tenant => _tenant!;

    private AdapterService.AdapterServiceClient Adapters => new(Tenant.Channel);

    public async ValueTask InitializeAsync()
    {
        _process = GatewayProcess.Start(_folder.In("data"), [.. HerdPrograms.GoldenBase, "--dtype", "float32", "--device", "cpu:0,cpu:1"]);
        await _process.WaitUntilReadyAsync(Cancellation);
        _tenant = await TestTenant.CreateAsync(_process, "acme", new TenantLimits { ConcurrentSequences = 100, Adapters = 10 });
    }

    public async ValueTask DisposeAsync()
    {
        await _process!.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Flip_AThousandTimesUnderLoad_NoAnswerFailsOrIsMixed()
    {
        var words = new Queue<WordAdapter>(WordAdapter.Make(3 + (Flips / UploadEvery)));
        for (var i = 0; i < 3; i++)
        {
            await UploadAsync(words.Dequeue());
        }

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var clients = Enumerable.Range(0, Clients).Select(client => AskAsync(client, enough.Token)).ToArray();
        for (var flip = 0; flip < Flips; flip++)
        {
            await FlipAsync(flip, words);
            Assert.DoesNotContain(clients, client => client.IsFaulted);
        }

        await enough.CancelAsync();
        await Task.WhenAll(clients);

        TestContext.Current.TestOutputHelper?.WriteLine($"{_answers.Values.Sum()} answers of {_answers.Keys.Count} versions.");
        Assert.All(_answers.Keys, answer => Assert.Equal(string.Join(' ', Enumerable.Repeat(_words[answer.Version], Tokens)), answer.Text.Trim()));
        Assert.True(_answers.Count > 3);
        Assert.True(await CountMovesAsync() >= Flips);
        var replicas = await new ReplicaService.ReplicaServiceClient(Tenant.AdminChannel)
            .ListReplicasAsync(new ListReplicasRequest(), SharedGateway.Admin, cancellationToken: Cancellation);
        Assert.Equal([0, 0], replicas.Replicas.Select(replica => replica.ColdStarts));
        Assert.All(replicas.Replicas, replica => Assert.Subset(replica.ResidentVersions.ToHashSet(), _words.Keys.ToHashSet()));
    }

    /// <summary>Uploads a new version, points to a known one, or goes back; in turn over HTTP and gRPC.</summary>
    private async Task FlipAsync(int flip, Queue<WordAdapter> words)
    {
        if (flip % UploadEvery == 0 && words.TryDequeue(out var word))
        {
            await UploadAsync(word);
        }
        else if (flip % 2 == 0)
        {
            var version = _words.Keys.Where(known => known != _versions.Peek()).ElementAt(flip % (_words.Count - 1));
            _versions.Push(version);
            Assert.Equal(version, flip % 4 == 0
                ? await PostAsync($"/v1/adapters/{Model}/aliases/latest", $$"""{"version":"{{version}}"}""")
                : Latest(await Adapters.MoveAliasAsync(new MoveAliasRequest { Name = Model, Alias = "latest", Version = version }, Tenant.Metadata, cancellationToken: Cancellation)));
        }
        else
        {
            _versions.Pop();
            Assert.Equal(_versions.Peek(), flip % 4 == 1
                ? await PostAsync($"/v1/adapters/{Model}/aliases/latest/rollback", "")
                : Latest(await Adapters.RollBackAsync(new RollBackRequest { Name = Model, Alias = "latest" }, Tenant.Metadata, cancellationToken: Cancellation)));
        }
    }

    private async Task UploadAsync(WordAdapter adapter)
    {
        var version = await Tenant.UploadFileAsync(Model, adapter.Write(_folder.In($"{adapter.Word}.safetensors")), "?template=raw");
        _words.Add(version, adapter.Word);
        _versions.Push(version);
    }

    private async Task<string> PostAsync(string path, string json)
    {
        var (status, body) = await Tenant.PostAsync(path, json);
        Assert.True(status == 200, body.ToString());
        Assert.Equal(body.GetProperty("version").GetString(), body.GetProperty("adapter").GetProperty("aliases").GetProperty("latest").GetString());
        return body.GetProperty("version").GetString()!;
    }

    private static string Latest(Adapter adapter) => adapter.Aliases["latest"];

    private async Task<int> CountMovesAsync()
    {
        var request = new ListAliasMovesRequest { Name = Model, Alias = "latest", PageSize = 100 };
        for (var count = 0; ;)
        {
            var page = await Adapters.ListAliasMovesAsync(request, Tenant.Metadata, cancellationToken: Cancellation);
            count += page.Moves.Count;
            if (!page.HasMore)
            {
                return count;
            }

            request.Before = page.Moves[^1].Position;
        }
    }

    /// <summary>Asks until there is enough, each client in its own way.</summary>
    private async Task AskAsync(int client, CancellationToken enough)
    {
        Func<Task<(string Version, string Text)>> ask = (client % 4) switch
        {
            0 => WholeAsync,
            1 => StreamedAsync,
            2 => OverGrpcAsync,
            _ => InTurnAsync,
        };
        while (!enough.IsCancellationRequested)
        {
            _answers.AddOrUpdate(await ask(), 1, (_, count) => count + 1);
        }
    }

    private async Task<(string Version, string Text)> WholeAsync()
    {
        var json = JsonSerializer.Serialize(new { model = Model, prompt = "abc", max_tokens = Tokens, temperature = 0 });
        var (status, body) = await Tenant.PostAsync("/v1/completions", json);
        Assert.True(status == 200, body.ToString());
        return (VersionOf(body.GetProperty("system_fingerprint").GetString()!), body.GetProperty("choices")[0].GetProperty("text").GetString()!);
    }

    private async Task<(string Version, string Text)> StreamedAsync()
    {
        var (text, fingerprints) = ("", new HashSet<string>());
        await foreach (var chunk in Tenant.Chat(Model).CompleteChatStreamingAsync([new UserChatMessage("abc")], Greedy, Cancellation))
        {
            text += string.Concat(chunk.ContentUpdate.Select(part => part.Text));
            fingerprints.Add(chunk.SystemFingerprint);
        }

        return (VersionOf(Assert.Single(fingerprints)), text);
    }

    private async Task<(string Version, string Text)> OverGrpcAsync()
    {
        var request = new GenerateRequest { Model = Model, Text = "abc", Sampling = GreedySampling };
        using var call = new GenerationService.GenerationServiceClient(Tenant.Channel).Generate(request, Tenant.Metadata, cancellationToken: Cancellation);
        var updates = await call.ResponseStream.ReadAllAsync(Cancellation).ToListAsync(Cancellation);
        return (updates[0].Started.Version, string.Concat(updates.Select(update => update.Tokens?.Text)));
    }

    private async Task<(string Version, string Text)> InTurnAsync()
    {
        var conversations = new ConversationService.ConversationServiceClient(Tenant.Channel);
        var made = await conversations.CreateConversationAsync(new CreateConversationRequest { Model = Model }, Tenant.Metadata, cancellationToken: Cancellation);
        var request = new RunTurnRequest { ConversationId = made.Id, TurnId = "one", Text = "abc", Sampling = GreedySampling };
        using var call = conversations.RunTurn(request, Tenant.Metadata, cancellationToken: Cancellation);
        var updates = await call.ResponseStream.ReadAllAsync(Cancellation).ToListAsync(Cancellation);
        var turns = await conversations.ListTurnsAsync(new ListTurnsRequest { ConversationId = made.Id }, Tenant.Metadata, cancellationToken: Cancellation);
        Assert.Equal(updates[^1].Finished.Answer, string.Concat(updates.Select(update => update.Tokens?.Text)));
        return (turns.Turns[0].Version, updates[^1].Finished.Answer);
    }

    private static string VersionOf(string fingerprint) => fingerprint["sha256:".Length..];
}
