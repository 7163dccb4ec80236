using System.Collections.Concurrent;
using Grpc.Core;
using Herd.Protos.V1;
using Herd.Testing;
using Herd.Testing.Cluster;
using Xunit;

namespace Herd.Cluster.Tests;

/// <summary>A tenant's work of every kind at both gateways, over and over until it is stopped or something fails; and what the tenant was told.</summary>
internal sealed class Traffic
{
    /// <summary>The adapter whose alias moves.</summary>
    public const string Adapter = "voice";

    /// <summary>The alias that moves.</summary>
    public const string Alias = "live";

    private const int StreamTokens = 150;
    private const string File = "CHAT-BIAS-SCALE-NORM.pth";
    private static readonly string[] Templates = ["alpaca", "chat-v1", "bair-v1", "raw"];

    private readonly ClusterTenant _tenant;
    private readonly bool _hasTwoGateways;
    private readonly CancellationToken _cancellation;
    private readonly ConcurrentDictionary<string, int> _done = new(StringComparer.Ordinal);
    private readonly string[] _versions = new string[2];
    private Task _work = Task.CompletedTask;
    private volatile bool _enough;
    private long _tokens;

    private Traffic(ClusterTenant tenant, bool hasTwoGateways, CancellationToken cancellationToken) =>
        (_tenant, _hasTwoGateways, _cancellation) = (tenant, hasTwoGateways, cancellationToken);

    /// <summary>The conversations, one for each gateway.</summary>
    public string[] Conversations { get; } = new string[HerdCluster.Gateways];

    /// <summary>Answers of turns that ended, by conversation and turn.</summary>
    public ConcurrentDictionary<(string Conversation, string Turn), string> Turns { get; } = new();

    /// <summary>Adapters whose publication ended, with the version.</summary>
    public ConcurrentDictionary<(string Adapter, string Version), bool> Versions { get; } = new();

    /// <summary>Where the alias may point: as was told last, and as was asked for since.</summary>
    public (string Told, string Asked) AliasTargets { get; private set; }

    /// <summary>Tokens that came, of whatever.</summary>
    public long Tokens => Interlocked.Read(ref _tokens);

    /// <summary>What failed.</summary>
    public ConcurrentQueue<string> Faults { get; } = new();

    /// <summary>How much was done.</summary>
    public string Done => string.Join(", ", _done.OrderBy(kind => kind.Key, StringComparer.Ordinal).Select(kind => $"{kind.Value} {kind.Key}"));

    /// <summary>Begins.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="hasTwoGateways">Whether a request that a gateway did not take is sent to the other.</param>
    /// <param name="cancellationToken">Ends all at once.</param>
    public static async Task<Traffic> StartAsync(ClusterTenant tenant, bool hasTwoGateways, CancellationToken cancellationToken)
    {
        var traffic = new Traffic(tenant, hasTwoGateways, cancellationToken);
        await traffic.PrepareAsync();
        traffic._work = Task.WhenAll(
            traffic.RepeatAsync("completions", i => traffic.AtAsync(i, traffic.CompleteAsync)),
            traffic.RepeatAsync("streams at the first gateway", _ => traffic.StreamAsync(0)),
            traffic.RepeatAsync("streams at the second gateway", _ => traffic.StreamAsync(1)),
            traffic.RepeatAsync("turns at the first gateway", i => traffic.RunTurnAsync(0, i)),
            traffic.RepeatAsync("turns at the second gateway", i => traffic.RunTurnAsync(1, i)),
            traffic.RepeatAsync("publications", i => traffic.AtAsync(i, gateway => traffic.PublishAsync(gateway, $"{Adapter}-{i % 4}", Templates[i / 4 % Templates.Length]))),
            traffic.RepeatAsync("moves", traffic.MoveAsync));
        return traffic;
    }

    /// <summary>Waits until so much more of every kind was done, or something failed.</summary>
    public Task DoMoreAsync(int times)
    {
        var before = _done.ToArray();
        return Eventually.TrueAsync(() => !Faults.IsEmpty || before.All(kind => _done[kind.Key] >= kind.Value + times), _cancellation);
    }

    /// <summary>Finishes what is under way.</summary>
    public async Task StopAsync()
    {
        _enough = true;
        await _work;
    }

    private async Task PrepareAsync()
    {
        for (var gateway = 0; gateway < Conversations.Length; gateway++)
        {
            var request = new CreateConversationRequest { Model = "base", Overflow = ContextOverflow.DropOldest };
            Conversations[gateway] = (await _tenant.Conversations(gateway).CreateConversationAsync(request, _tenant.Metadata, cancellationToken: _cancellation)).Id;
        }

        for (var i = 0; i < _versions.Length; i++)
        {
            _versions[i] = await PublishAsync(i, Adapter, Templates[i]);
        }

        await MoveAsync(0);
    }

    private async Task RepeatAsync(string what, Func<int, Task> step)
    {
        _done[what] = 0;
        try
        {
            for (var i = 0; !_enough; i++)
            {
                await step(i);
                _done[what]++;
            }
        }
        catch (Exception exception) when (!_cancellation.IsCancellationRequested)
        {
            Faults.Enqueue($"{what}, after {_done[what]}: {exception}");
        }
    }

    private async Task<string> CompleteAsync(int gateway)
    {
        var (status, body) = await _tenant.CompleteAsync(gateway, "base", "Tell me", 40);
        Interlocked.Add(ref _tokens, status == 200 ? 40 : 0);
        return status == 200 ? "" : throw new InvalidOperationException($"Status {status}: {body}");
    }

    private async Task StreamAsync(int gateway)
    {
        var last = 0;
        var (tokens, _) = await AtAsync(gateway, at => _tenant.GenerateAsync(at, "A story", StreamTokens, Note), () => last == 0);
        Assert.Equal(Enumerable.Range(0, StreamTokens), tokens.Select(token => token.Index));

        void Note(int count)
        {
            Interlocked.Add(ref _tokens, count - last);
            last = count;
        }
    }

    private async Task RunTurnAsync(int gateway, int index)
    {
        var read = new TurnReading();
        var turn = new RunTurnRequest
        {
            ConversationId = Conversations[gateway], TurnId = $"t{index}", Text = $"Question {index}", Sampling = new Sampling { Temperature = 0, MaxTokens = 60, IgnoreEnd = true },
        };
        try
        {
            await AtAsync(gateway, at => read.ReadAsync(_tenant.Conversations(at).RunTurn(turn, _tenant.Metadata, cancellationToken: _cancellation), null, _cancellation), () => read.Count == 0);
        }
        finally
        {
            Interlocked.Add(ref _tokens, read.Count);
        }

        Assert.Equal(TurnState.Completed, read.Finished?.State);
        Turns[(turn.ConversationId, turn.TurnId)] = read.Text;
    }

    private async Task<string> PublishAsync(int gateway, string adapter, string template)
    {
        var version = await _tenant.UploadAsync(gateway, adapter, File, template);
        Versions[(adapter, version)] = true;
        return version;
    }

    private async Task MoveAsync(int index)
    {
        var target = _versions[index % 2];
        AliasTargets = (AliasTargets.Told, target);
        var request = new MoveAliasRequest { Name = Adapter, Alias = Alias, Version = target };
        await AtAsync(index, gateway => new AdapterService.AdapterServiceClient(_tenant.Channels[gateway]).MoveAliasAsync(request, _tenant.Metadata, cancellationToken: _cancellation).ResponseAsync);
        AliasTargets = (target, target);
    }

    // A client that knows two gateways asks the other one where nobody took its request.
    private async Task<T> AtAsync<T>(int gateway, Func<int, Task<T>> call, Func<bool>? isUntouched = null)
    {
        try
        {
            return await call(gateway % HerdCluster.Gateways);
        }
        catch (Exception exception) when (_hasTwoGateways
            && exception is HttpRequestException or RpcException { StatusCode: StatusCode.Unavailable } && isUntouched?.Invoke() != false)
        {
            return await call((gateway + 1) % HerdCluster.Gateways);
        }
    }
}
