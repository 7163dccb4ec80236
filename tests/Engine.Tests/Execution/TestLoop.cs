using Herd.Engine.Adapters;
using Herd.Engine.Execution;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Herd.Engine.Tests.Execution;

/// <summary>A device loop over the golden base, whose parts a test may break. Closing it fails the test where anything is still held.</summary>
internal sealed class TestLoop : IDisposable
{
    private readonly LoadedBase _loaded;
    private readonly AdapterRegistry _registry = new();
    private readonly GenerationPlaces _places;
    private readonly long _expectedFaults;
    private long _lastId;
    private bool _closed;

    private TestLoop(LoadedBase loaded, EngineOptions options, Func<DeviceParts, DeviceParts> change, int places, long expectedFaults)
    {
        (_loaded, _places, _expectedFaults) = (loaded, new GenerationPlaces(places, newcomers: 0), expectedFaults);
        Loop = new DeviceLoop(change(loaded.MakeParts(options, _registry)), _places, NullLogger.Instance);
    }

    public DeviceLoop Loop { get; }

    public static async Task<TestLoop> StartAsync(EngineOptions? options = null, Func<DeviceParts, DeviceParts>? change = null, int places = 8, long expectedFaults = 0)
    {
        options ??= TinyModel.Options;
        return new TestLoop(await LoadedBase.LoadAsync(options, null, TestContext.Current.CancellationToken), options, change ?? (parts => parts), places, expectedFaults);
    }

    /// <summary>A hold on a golden adapter for one generation, which gives it back.</summary>
    public AdapterLease Adapter(string name) => TinyModel.Lease(_loaded, _registry, name);

    public Generation Generation(int[] prompt, int tokens = 4, AdapterLease? adapter = null, PreparedPicture? picture = null) =>
        Generation(new GenerationRequest { PromptIds = prompt, MaxTokens = tokens, IgnoreEnd = true }, adapter, picture);

    public Generation Generation(GenerationRequest request, AdapterLease? adapter = null, PreparedPicture? picture = null) =>
        new(Interlocked.Increment(ref _lastId), request, picture, adapter, _loaded.Tokenizer, _loaded.Tokenizer.EndIds, TimeProvider.System);

    /// <summary>Hands a generation over.</summary>
    public void Submit(Generation generation)
    {
        _places.Enter(generation.Sequence.Key.Scope);
        try
        {
            Loop.Submit(generation);
        }
        catch (EngineException)
        {
            generation.Adapter?.Dispose();
            _places.Leave(generation.Sequence.Key.Scope);
            throw;
        }
    }

    /// <summary>Hands a generation over and reads it to its end.</summary>
    public Task<Answer> RunAsync(Generation generation, Action<int>? onToken = null)
    {
        Submit(generation);
        return Answer.ReadAsync(generation.Events.ReadAllAsync(TestContext.Current.CancellationToken), onToken);
    }

    public Task<Answer> RunAsync(int[] prompt, int tokens = 4, AdapterLease? adapter = null, PreparedPicture? picture = null) => RunAsync(Generation(prompt, tokens, adapter, picture));

    public void Close()
    {
        Loop.Dispose();
        _closed = true;
    }

    public void Dispose()
    {
        if (!_closed)
        {
            Close();
        }

        var status = Loop.Status;
        Assert.Equal((0, 0, 0), (status.RunningSequences, status.WaitingSequences, _places.Taken));
        Assert.Equal(_expectedFaults, status.AccountFaults);
        if (_expectedFaults == 0)
        {
            Assert.Equal(status.TotalBlocks, status.FreeBlocks);
        }

        Assert.Equal((0, 0L), (_registry.Leases, _registry.Bytes));
        _registry.Dispose();
        _loaded.Dispose();
    }
}
