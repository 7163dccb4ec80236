using System.Runtime.CompilerServices;
using Herd.Contracts.Adapters;
using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Models;
using Herd.Engine;
using Herd.Engine.Adapters;
using Herd.Engine.Execution;
using Herd.Silo.Experts;
using Microsoft.Extensions.Logging;

namespace Herd.Silo.Devices;

/// <summary>Owns the engine of one of this process's devices. Grains come and go in front of it; weights, caches and running sequences stay here.</summary>
internal sealed class DeviceHost : IAsyncDisposable
{
    private readonly string _device;
    private readonly ReplicaOptions _options;
    private readonly IBlobStore _blobs;
    private readonly ActiveCount _running;
    private readonly ExpertPanel _experts;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _drained;
    private readonly Lock _stateGate = new();
    private volatile Serving? _serving;
    private volatile ReplicaState _state = ReplicaState.Loading;

    public DeviceHost(string silo, string device, ReplicaOptions options, IBlobStore blobs, ActiveCount running, ExpertPanel experts, TimeProvider time, ILogger logger)
    {
        (_device, _options, _blobs, _running, _experts, _logger) = (device, options, blobs, running, experts, logger);
        ModelKey = GrainKeys.Model(silo, device);
        _drained = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
    }

    /// <summary>Key of the model grain in front of this device.</summary>
    internal string ModelKey { get; }

    /// <summary>What the replica is doing now.</summary>
    internal ReplicaInfo Describe()
    {
        var info = new ReplicaInfo { ModelKey = ModelKey, State = _state };
        if (_serving is not { } serving)
        {
            return info;
        }

        var status = serving.Engine.Status;
        return info with
        {
            Base = serving.Base,
            RunningSequences = status.RunningSequences,
            WaitingSequences = status.WaitingSequences,
            FreeBlocks = status.FreeBlocks,
            CachedBlocks = status.CachedBlocks,
            PromptTokens = status.PromptTokens,
            ReusedTokens = status.ReusedTokens,
            TotalBlocks = status.TotalBlocks,
            ResidentVersions = [.. serving.Engine.ResidentVersions],
            Weights = serving.Engine.Weights == EngineWeights.Int8 ? "int8" : serving.Base.Dtype,
            WeightBytes = serving.Engine.WeightBytes,
            ColdStarts = serving.Adapters.ColdStarts,
        };
    }

    /// <summary>Reads the base; afterwards the device serves.</summary>
    /// <exception cref="EngineException">A file is missing, damaged or of an unknown form, or the device is not there.</exception>
    internal async Task LoadAsync(string digestCache, IProgress<LoadProgress> progress, CancellationToken cancellationToken)
    {
        try
        {
            var options = _options.ToEngineOptions(_device) with { DigestCache = digestCache };
            var engine = await InferenceEngine.LoadAsync(options, progress, _logger, cancellationToken).ConfigureAwait(false);
            _serving = new Serving(engine, new AdapterLoader(engine, _blobs, _options.AdapterCacheBytes));
            SetState(ReplicaState.Ready);
            _logger.LogInformation("Replica {ModelKey} serves base {Base}.", ModelKey, engine.Base.Digest);
        }
        catch (Exception exception)
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                // What the engine says of files tells all; anything else is a fault, and wants its trace.
                _logger.LogError(exception is EngineException ? null : exception, "Replica {ModelKey} could not be loaded. {Reason}", ModelKey, exception.Message);
            }

            SetState(ReplicaState.Failed);
            throw;
        }
    }

    /// <summary>Takes no new generations from now on, and ends those that still run when their time is over.</summary>
    internal void BeginDraining()
    {
        SetState(ReplicaState.Draining);
        _drained.CancelAfter(_options.DrainTimeout);
    }

    /// <summary>Frees the engine; loading has ended before.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_serving is { } serving)
        {
            serving.Adapters.Dispose();
            await serving.Engine.DisposeAsync().ConfigureAwait(false);
        }

        _drained.Dispose();
    }

    /// <summary>Generates on this device.</summary>
    /// <exception cref="HerdException">The request is wrong, or this replica cannot take it.</exception>
    internal async IAsyncEnumerable<GenerationUpdate> GenerateAsync(
        GenerateRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var serving = RequireServing();
        using var place = _running.Enter();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _drained.Token);
        using var lease = request.Version is { } version
            ? await GuardAsync(serving.Adapters.LeaseAsync(version, ending.Token), cancellationToken).ConfigureAwait(false)
            : null;
        var prepared = await GuardAsync(PrepareAsync(serving, request, lease, ending.Token), cancellationToken).ConfigureAwait(false);
        await using var tokens = new TokenMerger(serving.Engine.GenerateAsync(prepared.Request, ending.Token), serving.Engine.Tokenizer, ending.Token);

        // Pictures are prepared before the engine takes the request, so with one only the first token shows that it was taken.
        await GuardAsync(prepared.Request.Picture is null ? tokens.AcceptedAsync() : tokens.FirstAsync(), cancellationToken).ConfigureAwait(false);
        yield return prepared.Started;
        while (await GuardAsync(tokens.NextAsync(), cancellationToken).ConfigureAwait(false) is { } update)
        {
            yield return update;
        }
    }

    /// <summary>Starts to load a version where it is not held.</summary>
    /// <returns>Whether it is held.</returns>
    internal Task<bool> WarmAsync(AdapterVersion version, CancellationToken cancellationToken) =>
        GuardAsync(RequireServing().Adapters.WarmAsync(version), cancellationToken);

    internal void Drop(string version) => _serving?.Adapters.Drop(version);

    /// <summary>Reads and checks an uploaded adapter against this device's base; also while the device drains.</summary>
    /// <returns>The adapter; null where no base is loaded.</returns>
    /// <exception cref="HerdException">The file is wrong or does not fit.</exception>
    internal async Task<AdapterPackage?> ReadAdapterAsync(string path, AdapterSettings settings, CancellationToken cancellationToken) =>
        _serving is { Engine: var engine }
            ? await GuardAsync(Task.Run(() => AdapterUpload.Read(path, engine, settings), cancellationToken), cancellationToken).ConfigureAwait(false)
            : null;

    // Draining is final: a load that ends meanwhile must not open the door again.
    private void SetState(ReplicaState state)
    {
        lock (_stateGate)
        {
            _state = _state == ReplicaState.Draining ? ReplicaState.Draining : state;
        }
    }

    private Serving RequireServing() => (_state, _serving) switch
    {
        (ReplicaState.Ready, { } serving) => serving,
        (ReplicaState.Loading, _) => throw new HerdException(HerdErrorCode.Busy, "The replica is still loading.") { RetryAfter = EngineErrors.RetryAfter },
        _ => throw new HerdException(HerdErrorCode.Draining, "The replica takes no new work.") { RetryAfter = EngineErrors.RetryAfter },
    };

    private async Task<PreparedGeneration> PrepareAsync(
        Serving serving, GenerateRequest request, AdapterLease? lease, CancellationToken cancellationToken)
    {
        var picture = request.Picture is { } blob ? await ReadPictureAsync(blob, cancellationToken).ConfigureAwait(false) : null;
        var heard = await _experts.HearAsync(request, picture, serving.Engine, serving.Adapters, cancellationToken).ConfigureAwait(false);
        return PreparedGeneration.From(request with { Heard = heard }, lease, picture, serving.Engine, _options, _experts.MaxTokens);
    }

    private async Task<byte[]> ReadPictureAsync(BlobRef blob, CancellationToken cancellationToken)
    {
        await using var stream = await _blobs.OpenAsync(blob, cancellationToken).ConfigureAwait(false)
            ?? throw new HerdException(HerdErrorCode.InvalidPicture, "The picture is no longer stored. Send it again.");
        var bytes = new byte[stream.Length];
        await stream.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
        return bytes;
    }

    private async Task<T> GuardAsync<T>(Task<T> work, CancellationToken caller)
    {
        await GuardAsync((Task)work, caller).ConfigureAwait(false);
        return await work.ConfigureAwait(false);
    }

    /// <summary>Turns the engine's errors, and the end of draining, into errors that may cross grains.</summary>
    private async Task GuardAsync(Task work, CancellationToken caller)
    {
        try
        {
            await work.ConfigureAwait(false);
        }
        catch (EngineException exception)
        {
            if (exception.Code is EngineErrorCode.Stopped && _state == ReplicaState.Ready)
            {
                _logger.LogError(exception, "The engine of {ModelKey} has stopped.", ModelKey);
                SetState(ReplicaState.Failed);
            }

            throw EngineErrors.ToHerd(exception);
        }
        catch (OperationCanceledException) when (_drained.IsCancellationRequested && !caller.IsCancellationRequested)
        {
            throw new HerdException(HerdErrorCode.Draining, "The replica shut down before the answer was complete. Send the request again.")
            {
                RetryAfter = EngineErrors.RetryAfter,
            };
        }
    }

    private sealed record Serving(InferenceEngine Engine, AdapterLoader Adapters)
    {
        internal BaseInfo Base { get; } = new()
        {
            Digest = Engine.Base.Digest,
            TokenizerDigest = Engine.Tokenizer.Digest,
            ContextTokens = Engine.ContextTokens,
            Dtype = Engine.Dtype.Name(),
            Parameters = Engine.Base.Parameters,
            HasVision = Engine.HasVision,
        };
    }
}
