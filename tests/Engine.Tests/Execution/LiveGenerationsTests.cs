using Herd.Engine.Adapters;
using Herd.Engine.Execution;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Herd.Engine.Tests.Execution;

public sealed class LiveGenerationsTests : IAsyncLifetime
{
    private const int Places = 6;

    private readonly AdapterRegistry _registry = new();
    private readonly GenerationPlaces _places = new(Places, newcomers: 0);
    private LoadedBase _loaded = null!;
    private DeviceParts _parts = null!;
    private LiveGenerations _live = null!;

    public async ValueTask InitializeAsync()
    {
        _loaded = await LoadedBase.LoadAsync(TinyModel.Options, null, TestContext.Current.CancellationToken);
        _parts = _loaded.MakeParts(TinyModel.Options, _registry);
        _live = new LiveGenerations(_parts, _places, NullLogger.Instance);
    }

    public ValueTask DisposeAsync()
    {
        _live.EndAll(DeviceLoop.Stopped);
        _live.AuditWhenIdle();
        Assert.Equal((0, 0L, 0), (_live.Count, _live.AccountFaults, _places.Taken));
        Assert.Equal(0, _registry.Bytes);
        _live.Dispose();
        _registry.Dispose();
        _loaded.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void StartArrived_ManyWithNewPictures_ComputesOneAtATimeAndLetsTheOthersBy()
    {
        Generation[] all = [Add("one"), Add("two"), Add("two"), Add("three"), Add(null)];

        _live.StartArrived();
        Assert.Equal((1, 2), (_parts.PromptCache.Count, _parts.Scheduler.WaitingCount)); // "one", and the one without an adapter

        _live.StartArrived();
        Assert.Equal((2, 4), (_parts.PromptCache.Count, _parts.Scheduler.WaitingCount)); // both with "two"

        _live.StartArrived();
        Assert.Equal((3, all.Length), (_parts.PromptCache.Count, _parts.Scheduler.WaitingCount));
        Assert.Equal(all.Length, _live.Count);
    }

    [Fact]
    public void End_OneThatHasNotStarted_ComputesNothingForIt()
    {
        _ = Add("one");
        var second = Add("two");
        _live.StartArrived();
        _live.End(second);
        _live.End(second);
        _live.StartArrived();

        Assert.Equal((1, 1), (_parts.PromptCache.Count, _live.Count));
        Assert.True(second.Events.Completion.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task EndAll_InEveryState_TellsAllAndFreesAll()
    {
        Generation[] all = [Add("one"), Add(null), Add("two")];
        _live.StartArrived();
        _ = _parts.Scheduler.Next(); // two run, one has not started
        _live.EndAll(DeviceLoop.Stopped);

        foreach (var generation in all)
        {
            var error = await Assert.ThrowsAsync<EngineException>(() => generation.Events.Completion);
            Assert.Equal(EngineErrorCode.Stopped, error.Code);
        }

        Assert.Equal((0, 0), (_parts.PromptCache.Leases, _places.Taken));
    }

    /// <summary>A generation with a picture of that name, or on the bare base.</summary>
    private Generation Add(string? picture)
    {
        _places.Enter("");
        var prepared = picture is null ? null : new PreparedPicture(picture, new float[3 * _loaded.Encoder!.ImageSize * _loaded.Encoder.ImageSize]);
        var adapter = picture is null ? null : TinyModel.Lease(_loaded, _registry, TinyModel.Visual);
        var generation = new Generation(
            _live.Count, new GenerationRequest { PromptIds = [1, 5], MaxTokens = 2 }, prepared, adapter, _loaded.Tokenizer, _loaded.Tokenizer.EndIds, TimeProvider.System);
        _live.Add(generation);
        return generation;
    }
}
