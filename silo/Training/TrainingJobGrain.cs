using System.Runtime.CompilerServices;
using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Training;
using Herd.Silo.Placement;

namespace Herd.Silo.Training;

/// <summary>The front of a training job. All that it is stands in the database: whoever works at it does so in another process, perhaps on another machine.</summary>
[DevicePlacement]
internal sealed class TrainingJobGrain(JobRepository jobs, JobFiles files, JobRules rules, TimeProvider time) : Grain, ITrainingJobGrain
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(500);

    private string Tenant => GrainKeys.OwningTenant(this.GetPrimaryKeyString())!;

    private string Id => GrainKeys.OwnName(this.GetPrimaryKeyString());

    public async Task<TrainingJobDescription> Create(CreateTrainingJob request, CancellationToken cancellationToken = default)
    {
        GrainKeys.RequireName(Id, "id");
        rules.Require(request.Settings);
        if (request.Archive is not { Area: BlobArea.Archives, Copy: not null })
        {
            throw HerdException.Invalid("archive", "The data must lie among the archives, as a copy of the job's own.");
        }

        await jobs.AddAsync(JobRow.New(Tenant, Id, request, time.GetUtcNow()), cancellationToken);
        return await Describe(cancellationToken);
    }

    public async Task<TrainingJobDescription> Describe(CancellationToken cancellationToken = default) =>
        await jobs.FindAsync(Tenant, Id, cancellationToken) ?? throw HerdException.NotFound($"Training job '{Id}'");

    public async IAsyncEnumerable<TrainingJobDescription> Watch([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        TrainingJobDescription? told = null;
        while (true)
        {
            var now = await Describe(cancellationToken);
            if (now != told)
            {
                yield return told = now;
            }

            if (now.HasEnded)
            {
                yield break;
            }

            await Task.Delay(LookInterval, time, cancellationToken);
        }
    }

    public async Task<TrainingJobDescription> Cancel(CancellationToken cancellationToken = default)
    {
        await Describe(cancellationToken);
        if (await jobs.CancelAsync(Tenant, Id, cancellationToken) is { } archive)
        {
            await files.RemoveAsync(Tenant, Id, archive, CancellationToken.None);
        }

        return await Describe(cancellationToken);
    }
}
