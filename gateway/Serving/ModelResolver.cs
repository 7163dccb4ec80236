using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;

namespace Herd.Gateway.Serving;

/// <summary>Finds what a tenant's model name stands for.</summary>
internal sealed class ModelResolver(IGrainFactory grains)
{
    private const string Field = "model";
    private const int MaxAffinityLength = 512;

    /// <summary>The version that a model names now.</summary>
    /// <param name="tenant">Who asks.</param>
    /// <param name="model">The model as the client named it.</param>
    /// <param name="affinity">What the request belongs to, so that it falls on the same side of a canary each time; null never falls to a canary.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The version, or null for the bare base.</returns>
    /// <exception cref="HerdException">The name is malformed, or this tenant has no such model.</exception>
    public async Task<AdapterVersion?> ResolveAsync(string tenant, string model, string? affinity, CancellationToken cancellationToken)
    {
        if (affinity?.Length > MaxAffinityLength)
        {
            throw HerdException.Invalid("user", $"'user' must have at most {MaxAffinityLength} characters.");
        }

        var reference = ModelReference.Parse(model, Field);
        if (reference.Adapter is not { } adapter)
        {
            return null;
        }

        try
        {
            return await grains.GetGrain<IAdapterGrain>(GrainKeys.Adapter(tenant, adapter)).Resolve(reference.Version, affinity, cancellationToken);
        }
        catch (HerdException error) when (error.Code == HerdErrorCode.NotFound)
        {
            throw new HerdException(HerdErrorCode.NotFound, $"The model '{model}' does not exist.") { Field = Field };
        }
    }
}
