using Herd.Contracts.Adapters;

namespace Herd.Contracts.Models;

/// <summary>Thin front of one device of one process. Key: <c>d:silo/device</c>.</summary>
[Alias("herd.IModelGrain")]
public interface IModelGrain : IGrainWithStringKey
{
    /// <summary>Generates. The stream's end, or the loss of its reader, frees the sequence.</summary>
    /// <param name="request">What to generate.</param>
    /// <param name="cancellationToken">Ends the generation.</param>
    /// <returns>The updates.</returns>
    /// <exception cref="Errors.HerdException">Not resident, busy, draining, or the request is wrong.</exception>
    [Alias("Generate")]
    IAsyncEnumerable<GenerationUpdate> Generate(GenerateRequest request, CancellationToken cancellationToken = default);

    /// <summary>Starts to load a version where it is not held yet, and says how far it is. Ask again until it is ready.</summary>
    /// <param name="version">The version.</param>
    /// <param name="cancellationToken">Stops the call, not the loading.</param>
    /// <returns>Whether the version is ready.</returns>
    /// <exception cref="Errors.HerdException">Loading failed: the version does not fit, or its bytes are gone.</exception>
    [Alias("Warm")]
    Task<bool> Warm(AdapterVersion version, CancellationToken cancellationToken = default);

    /// <summary>Drops a version from memory once no sequence uses it.</summary>
    /// <param name="tenant">The owner.</param>
    /// <param name="versionDigest">The version.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>A task.</returns>
    [Alias("Drop")]
    Task Drop(string tenant, string versionDigest, CancellationToken cancellationToken = default);

    /// <summary>What the replica is doing.</summary>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>Its state.</returns>
    [Alias("GetStatus")]
    Task<ReplicaInfo> GetStatus(CancellationToken cancellationToken = default);
}
