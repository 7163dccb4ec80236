using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
using Herd.Contracts.Experts;
using Herd.Contracts.Keys;
using Herd.Contracts.Models;
using Herd.Engine.Execution;
using Herd.Engine.Experts;
using Herd.Silo.Devices;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Experts;

/// <summary>Finds experts by their names.</summary>
internal sealed class ExpertDirectory : IDisposable
{
    private readonly ExpertOptions _options;
    private readonly IGrainFactory _grains;
    private readonly TesseractExpert _ocr;
    private readonly Dictionary<string, HttpExpert> _remote;

    public ExpertDirectory(IOptions<ExpertOptions> options, IGrainFactory grains)
    {
        (_options, _grains) = (options.Value, grains);
        _ocr = new TesseractExpert(_options.Ocr.ToSettings());
        _remote = _options.Http.ToDictionary(
            expert => expert.Key, expert => new HttpExpert(expert.Key, expert.Value, _options.PrivateHosts), StringComparer.Ordinal);
    }

    /// <summary>The expert of a name.</summary>
    /// <exception cref="ExpertException">There is none.</exception>
    internal async Task<IExpert> FindAsync(string name, GenerateRequest asker, InferenceEngine engine, AdapterLoader adapters, CancellationToken cancellationToken)
    {
        if (ExpertNames.CaptionerOf(name) is { } captioner)
        {
            return new CaptionExpert(name, await ResolveAsync(asker, captioner, cancellationToken).ConfigureAwait(false), asker, engine, adapters, _options.Caption);
        }

        return name == ExpertNames.Ocr ? _ocr : (IExpert?)_remote.GetValueOrDefault(name) ?? throw new ExpertException($"There is no expert '{name}' here.", isMissing: true);
    }

    public void Dispose()
    {
        foreach (var expert in _remote.Values)
        {
            expert.Dispose();
        }
    }

    private async Task<AdapterVersion> ResolveAsync(GenerateRequest asker, string captioner, CancellationToken cancellationToken)
    {
        var reference = ModelReference.Parse(captioner);
        if (reference.Adapter is not { } adapter)
        {
            throw new ExpertException("The bare base describes no pictures. Name an adapter.");
        }

        try
        {
            return await _grains.GetGrain<IAdapterGrain>(GrainKeys.Adapter(asker.Tenant, adapter))
                .Resolve(reference.Version, asker.RequestId, cancellationToken).ConfigureAwait(false);
        }
        catch (HerdException exception)
        {
            throw new ExpertException(exception.Message, isMissing: exception.Code == HerdErrorCode.NotFound, inner: exception);
        }
    }
}
