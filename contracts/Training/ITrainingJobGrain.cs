namespace Herd.Contracts.Training;

/// <summary>A tenant's training job. Key: <c>t:tenant/j:id</c>.</summary>
[Alias("herd.ITrainingJobGrain")]
public interface ITrainingJobGrain : IGrainWithStringKey
{
    /// <summary>Makes the job. Making it again is no error and changes nothing.</summary>
    /// <param name="request">Its data and what is to be done.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The job.</returns>
    /// <exception cref="Errors.HerdException">A setting is wrong, or the tenant has all the jobs it may have.</exception>
    [Alias("Create")]
    Task<TrainingJobDescription> Create(CreateTrainingJob request, CancellationToken cancellationToken = default);

    /// <summary>The job.</summary>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The job.</returns>
    /// <exception cref="Errors.HerdException">No such job.</exception>
    [Alias("Describe")]
    Task<TrainingJobDescription> Describe(CancellationToken cancellationToken = default);

    /// <summary>The job now, then each time it has changed; the last is the job that has ended.</summary>
    /// <param name="cancellationToken">Ends the watching, not the job.</param>
    /// <returns>The job.</returns>
    /// <exception cref="Errors.HerdException">No such job.</exception>
    [Alias("Watch")]
    IAsyncEnumerable<TrainingJobDescription> Watch(CancellationToken cancellationToken = default);

    /// <summary>Ends the job: one that waits at once, one that runs as soon as its process hears of it. One that has ended stays as it is.</summary>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The job.</returns>
    /// <exception cref="Errors.HerdException">No such job.</exception>
    [Alias("Cancel")]
    Task<TrainingJobDescription> Cancel(CancellationToken cancellationToken = default);
}
