using System.Runtime.CompilerServices;
using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Tokenization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Herd.Engine.Execution;

/// <summary>One base on one device, with any number of adapters, serving any number of generations in one batch. Thread-safe.</summary>
/// <example>
/// <code>
/// await using var engine = await InferenceEngine.LoadAsync(new EngineOptions { BaseFolder = "llama-7b", ClipPath = "ViT-L-14.pth" });
/// using var package = AdapterPackage.Read("BIAS-7B.pth", engine.AdapterReadOptions);
/// using var adapter = await engine.LoadAdapterAsync(package);
/// var prompt = PromptTemplate.Get("alpaca").Render([new ChatMessage(ChatRole.User, "What is in the picture?")]);
/// await foreach (var e in engine.GenerateAsync(new GenerationRequest { PromptIds = engine.Tokenizer.Encode(prompt, bos: true), Adapter = adapter, Picture = bytes }))
///     Console.Write(e.Text);
/// </code>
/// </example>
public sealed class InferenceEngine : IAsyncDisposable
{
    private readonly EngineOptions _options;
    private readonly LoadedBase _loaded;
    private readonly AdapterRegistry _registry;
    private readonly GenerationPlaces _places;
    private readonly DeviceLoop _loop;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly Lazy<Task> _closing;
    private long _lastId;

    private InferenceEngine(EngineOptions options, LoadedBase loaded, ILogger logger)
    {
        (_options, _loaded, _registry, _closing) = (options, loaded, new AdapterRegistry(), new Lazy<Task>(CloseAsync));
        _places = GenerationPlaces.Of(options);
        _loop = new DeviceLoop(loaded.MakeParts(options, _registry), _places, logger);
    }

    /// <summary>The base.</summary>
    public BaseDescription Base => _loaded.Description;

    /// <summary>The base's tokenizer.</summary>
    public LlamaTokenizer Tokenizer => _loaded.Tokenizer;

    /// <summary>The ids that end an answer: the tokenizer's, and those that a Hugging Face base's files name.</summary>
    public IReadOnlySet<int> EndIds => _loaded.EndIds;

    /// <summary>Whether an image encoder is loaded.</summary>
    public bool HasVision => _loaded.Encoder is not null;

    /// <summary>Most tokens of one sequence, prompt and answer.</summary>
    public int ContextTokens => _loaded.ContextTokens;

    /// <summary>Arithmetic of the base products.</summary>
    public EngineDtype Dtype => _options.Dtype;

    /// <summary>How the matrices of the blocks are kept; <see cref="EngineWeights.Int8"/> also where they were quantised beforehand.</summary>
    public EngineWeights Weights => _loaded.Weights.IsInt8 ? EngineWeights.Int8 : EngineWeights.Stored;

    /// <summary>Bytes of the base's tensors, those mapped from files among them; the image encoder is not counted.</summary>
    public long WeightBytes => _loaded.Weights.Bytes;

    /// <summary>Digests of the adapter versions in host memory.</summary>
    public IReadOnlyCollection<string> ResidentVersions => _registry.Versions;

    /// <summary>Bytes of the adapter versions in host memory; what several share is counted once.</summary>
    public long AdapterBytes => _registry.Bytes;

    /// <summary>What the engine holds now.</summary>
    public EngineStatus Status => _loop.Status;

    /// <summary>Holds on adapters that have not been given back.</summary>
    internal int AdapterLeases => _registry.Leases;

    /// <summary>What reading an adapter for this base needs; add what the file leaves out with a <c>with</c> expression.</summary>
    public AdapterReadOptions AdapterReadOptions => new() { BaseConfig = Base.Config, BaseDigest = Base.Digest };

    /// <summary>Reads a base and starts its device.</summary>
    /// <param name="options">What to load and how much to hold.</param>
    /// <param name="progress">Told how far loading is.</param>
    /// <param name="logger">Hears of faults; null for none.</param>
    /// <param name="cancellationToken">Stops loading; what was read is freed.</param>
    /// <returns>The engine; the caller disposes it.</returns>
    /// <exception cref="EngineException">An option is out of range, or a file is missing, damaged or of an unknown form.</exception>
    public static Task<InferenceEngine> LoadAsync(
        EngineOptions options, IProgress<LoadProgress>? progress = null, ILogger? logger = null, CancellationToken cancellationToken = default) =>
        Task.Run(
            async () =>
            {
                options.Validate();
                var loaded = await LoadedBase.LoadAsync(options, progress, cancellationToken).ConfigureAwait(false);
                try
                {
                    return new InferenceEngine(options, loaded, logger ?? NullLogger.Instance);
                }
                catch
                {
                    loaded.Dispose();
                    throw;
                }
            },
            cancellationToken);

    /// <summary>Takes an adapter into host memory; a version that is there already is not read again.</summary>
    /// <param name="package">The adapter; stays the caller's.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>A hold; the weights are freed with the last one.</returns>
    /// <exception cref="EngineException">
    /// <see cref="EngineErrorCode.Incompatible"/>: bound to another base, or in need of an image encoder that is not loaded;
    /// <see cref="EngineErrorCode.Stopped"/>: the engine is closing.
    /// </exception>
    public Task<AdapterLease> LoadAdapterAsync(AdapterPackage package, CancellationToken cancellationToken = default) =>
        Task.Run(
            () =>
            {
                ExpectServing();
                if (package.Manifest.Base != Base.Digest)
                {
                    throw new EngineException(
                        EngineErrorCode.Incompatible,
                        $"The adapter version {package.Version} is bound to the base {package.Manifest.Base}; this one is {Base.Digest}. Upload the adapter for this base.");
                }

                if (package.TakesPictures && _loaded.Encoder is not { } encoder)
                {
                    throw new EngineException(
                        EngineErrorCode.Incompatible, $"The adapter version {package.Version} has a visual front end, and no image encoder is loaded. Name one (--clip).");
                }

                return _registry.TryLease(package.Version)
                    ?? _registry.Add(package.Version, package.Manifest, AdapterWeights.FromPackage(package, Base.Config, _registry.FrontEnds));
            },
            cancellationToken);

    /// <summary>Another hold on an adapter in host memory.</summary>
    /// <param name="version">The version's digest.</param>
    /// <returns>A hold; null where the version is not held.</returns>
    public AdapterLease? TryLeaseAdapter(string version) => _registry.TryLease(version);

    /// <summary>Generates. The sequence joins the batch at the next step; it leaves it when the answer ends or the reader goes.</summary>
    /// <param name="request">What to generate.</param>
    /// <param name="cancellationToken">Ends the generation.</param>
    /// <returns>Tokens as they come, then the end.</returns>
    /// <exception cref="EngineException">The request is wrong or too long, the picture is bad, the queue is full, or the engine is closing.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async IAsyncEnumerable<GenerationEvent> GenerateAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ExpectServing();
        RequestCheck.Check(request, Tokenizer.VocabularySize, ContextTokens);
        var generation = await SubmitAsync(request, cancellationToken).ConfigureAwait(false);
        try
        {
            await foreach (var happened in generation.Events.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return happened;
            }
        }
        finally
        {
            _loop.Abandon(generation);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => new(_closing.Value); // whoever comes second waits too

    private async Task CloseAsync()
    {
        await Task.Run(_loop.Dispose).ConfigureAwait(false);
        _registry.Dispose();
        _loaded.Dispose();
    }

    private void ExpectServing()
    {
        if (_closing.IsValueCreated)
        {
            throw DeviceLoop.Stopped();
        }
    }

    private async Task<Generation> SubmitAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        // Before anything is made for it: pictures of those who are refused must not cost the others time or memory.
        _places.Enter(request.Scope);
        AdapterLease? adapter = null;
        try
        {
            // A hold of its own: the caller may give his back at once.
            adapter = request.Adapter is { } lease ? Hold(lease.Version) : null;
            var picture = await PrepareAsync(request, cancellationToken).ConfigureAwait(false);
            var generation = new Generation(Interlocked.Increment(ref _lastId), request, picture, adapter, Tokenizer, EndIds, _clock);
            _loop.Submit(generation);
            return generation;
        }
        catch
        {
            adapter?.Dispose();
            _places.Leave(request.Scope);
            throw;
        }
    }

    private AdapterLease Hold(string version)
    {
        if (_registry.TryLease(version) is { } held)
        {
            return held;
        }

        ExpectServing();
        throw new EngineException(EngineErrorCode.InvalidRequest, $"The adapter version {version} is not held here. Load it again.");
    }

    private async Task<PreparedPicture?> PrepareAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        if (request.Picture is not { } file)
        {
            return request.PreparedPicture;
        }

        var order = request.Adapter!.Manifest.Visual!.ChannelOrder;
        return await Task.Run(() => PreparedPicture.From(file, _options.Pictures, _loaded.Encoder!.ImageSize, order), cancellationToken).ConfigureAwait(false);
    }
}
