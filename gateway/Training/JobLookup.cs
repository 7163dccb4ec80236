using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Training;

namespace Herd.Gateway.Training;

/// <summary>Finds training jobs by what clients call them.</summary>
internal static class JobLookup
{
    /// <summary>A tenant's job.</summary>
    /// <param name="grains">Reaches the cluster.</param>
    /// <param name="tenant">The tenant.</param>
    /// <param name="id">The job's id.</param>
    /// <returns>Its grain; whether there is such a job, that one knows.</returns>
    /// <exception cref="HerdException">No job can be called so.</exception>
    public static ITrainingJobGrain Find(IGrainFactory grains, string tenant, string id) => GrainKeys.IsName(id)
        ? grains.GetGrain<ITrainingJobGrain>(GrainKeys.TrainingJob(tenant, id))
        : throw HerdException.NotFound($"Training job '{id}'");
}
