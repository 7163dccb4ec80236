using Herd.Demo.Evaluation;
using Herd.Engine.Adapters;
using Herd.Engine.Execution;

namespace Herd.Demo.Pipeline;

/// <summary>The demo's base and adapters in an engine of this process, each under its name.</summary>
public sealed class DemoModels : IAsyncDisposable
{
    private readonly InferenceEngine _engine;
    private readonly Dictionary<string, AdapterLease> _adapters = [];

    private DemoModels(InferenceEngine engine)
    {
        _engine = engine;
    }

    /// <summary>Loads them.</summary>
    /// <param name="folder">The demo's folder.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The models.</returns>
    public static async Task<DemoModels> LoadAsync(DemoFolder folder, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var models = new DemoModels(await InferenceEngine.LoadAsync(folder.Serving, cancellationToken: cancellationToken).ConfigureAwait(false));
        try
        {
            foreach (var adapter in DemoAdapters.All)
            {
                using var package = AdapterPackage.Read(folder.Adapter(adapter.Name), models._engine.AdapterReadOptions);
                models._adapters[adapter.Name] = await models._engine.LoadAdapterAsync(package, cancellationToken).ConfigureAwait(false);
            }

            return models;
        }
        catch
        {
            await models.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Asks one of them.</summary>
    /// <param name="model">An adapter's name, or that of the base.</param>
    /// <param name="asked">The question.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The whole answer.</returns>
    public Task<string> AskAsync(string model, Asked asked, CancellationToken cancellationToken) =>
        new EngineAsker(_engine, _adapters.GetValueOrDefault(model)).AskAsync(asked, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var adapter in _adapters.Values)
        {
            adapter.Dispose();
        }

        await _engine.DisposeAsync().ConfigureAwait(false);
    }
}
