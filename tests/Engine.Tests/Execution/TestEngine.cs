using System.Collections.Concurrent;
using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Execution;
using Herd.Engine.Tokenization;
using Xunit;

namespace Herd.Engine.Tests.Execution;

/// <summary>An engine whose accounts must add up when it closes: nothing that was ever lent may still be held, by anybody. It gives back what the test took.</summary>
public sealed class TestEngine : IAsyncDisposable
{
    private readonly InferenceEngine _engine;
    private readonly ConcurrentBag<AdapterLease> _leases = [];

    private TestEngine(InferenceEngine engine)
    {
        _engine = engine;
    }

    public BaseDescription Base => _engine.Base;

    public LlamaTokenizer Tokenizer => _engine.Tokenizer;

    public IReadOnlySet<int> EndIds => _engine.EndIds;

    public EngineStatus Status => _engine.Status;

    public AdapterReadOptions AdapterReadOptions => _engine.AdapterReadOptions;

    public IReadOnlyCollection<string> ResidentVersions => _engine.ResidentVersions;

    public long AdapterBytes => _engine.AdapterBytes;

    public static async Task<TestEngine> LoadAsync(EngineOptions options, CancellationToken cancellationToken) =>
        new(await InferenceEngine.LoadAsync(options, cancellationToken: cancellationToken));

    public async Task<AdapterLease> LoadAdapterAsync(AdapterPackage package, CancellationToken cancellationToken) =>
        Kept(await _engine.LoadAdapterAsync(package, cancellationToken))!;

    public AdapterLease? TryLeaseAdapter(string version) => Kept(_engine.TryLeaseAdapter(version));

    public IAsyncEnumerable<GenerationEvent> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken) =>
        _engine.GenerateAsync(request, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        foreach (var lease in _leases)
        {
            lease.Dispose();
        }

        var end = Status;
        Assert.Equal((0, 0, end.TotalBlocks), (end.RunningSequences, end.WaitingSequences, end.FreeBlocks));
        Assert.Equal(0, end.AccountFaults);
        Assert.Equal((0, 0L), (_engine.AdapterLeases, _engine.AdapterBytes));
    }

    private AdapterLease? Kept(AdapterLease? lease)
    {
        if (lease is not null)
        {
            _leases.Add(lease);
        }

        return lease;
    }
}
