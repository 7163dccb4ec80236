using System.Collections.Immutable;
using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Contracts.Training;
using Herd.Engine.Bases;
using Herd.Engine.Execution;
using Herd.Engine.Training;
using Herd.Engine.Training.Adapters;
using Herd.Engine.Training.Optimization;
using Herd.Engine.Training.Runs;
using Herd.Silo.Devices;
using Herd.Silo.Storage;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Training;

/// <summary>Makes a run's folder of a job: unpacks its data, and writes down the exact configuration.</summary>
internal sealed class JobFiles(DataFolder data, IBlobStore blobs, IOptions<ReplicaOptions> replica, IOptions<TrainingOptions> options)
{
    private const int DefaultBatch = 8;

    internal JobFolder Of(string tenant, string id) => new(data, tenant, id);

    /// <summary>Removes all that is kept of a job but its row.</summary>
    internal async Task RemoveAsync(string tenant, string id, BlobRef archive, CancellationToken cancellationToken)
    {
        await blobs.DeleteAsync(archive, cancellationToken).ConfigureAwait(false);
        await Task.Run(Of(tenant, id).Delete, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gets a job ready to run; one that was begun stays as it is.</summary>
    /// <returns>Its folder.</returns>
    /// <exception cref="HerdException">The archive is gone.</exception>
    /// <exception cref="Engine.EngineException">The archive is not sound.</exception>
    internal async Task<JobFolder> PrepareAsync(JobClaim claim, CancellationToken cancellationToken)
    {
        var folder = Of(claim.Tenant, claim.Id);
        if (File.Exists(folder.Run.Configuration))
        {
            return folder;
        }

        var archive = await blobs.GetPathAsync(claim.Archive, cancellationToken).ConfigureAwait(false)
            ?? throw new HerdException(HerdErrorCode.InvalidFile, "The job's data is no longer stored. Make the job again.");
        await Task.Run(() => Prepare(folder, archive, claim.Settings, cancellationToken), cancellationToken).ConfigureAwait(false);
        return folder;
    }

    private void Prepare(JobFolder folder, string archive, TrainingJobSettings settings, CancellationToken cancellationToken)
    {
        folder.Delete();
        Directory.CreateDirectory(folder.Run.Path);
        JobData.Unpack(archive, folder.Data, cancellationToken);
        var configuration = Configure(settings, JobData.SourcesOf(folder.Data));
        configuration.Validate();
        configuration.Write(folder.Run.Configuration);
    }

    private RunConfiguration Configure(TrainingJobSettings settings, ImmutableArray<RunSource> sources)
    {
        var (served, preset, batch) = (replica.Value, TrainingPresets.Get(settings.Preset), settings.Batch ?? DefaultBatch);
        var steps = settings.Steps ?? StepsOf(sources, settings.Passes ?? preset.Passes, batch);
        var config = BaseFolder.Open(served.Base, served.Tokenizer).Config;
        return new RunConfiguration
        {
            Base = Path.GetFullPath(served.Base),
            Tokenizer = Full(served.Tokenizer),
            Clip = Full(served.Clip),
            Blueprint = AdapterLayouts.Get(settings.Layout ?? AdapterLayouts.ForPreset(settings.Preset), config),
            Groups = preset.Groups,
            Sources = sources,
            Schedule = new LearningRateSchedule(settings.Rate ?? preset.Rate, steps, (long)(steps * preset.WarmUp)),
            Batch = batch,
            MaxTokens = preset.MaxTokens,
            Seed = settings.Seed,
            Dtype = options.Value.Dtype switch { null => served.Arithmetic, "float32" => EngineDtype.Float32, _ => EngineDtype.BFloat16 },
            Device = options.Value.Device,
            Threads = options.Value.Threads,
            CheckpointEvery = options.Value.CheckpointEvery,
        };
    }

    private long StepsOf(ImmutableArray<RunSource> sources, double passes, int batch)
    {
        var rows = sources.Sum(source => source.CountRows());
        return (long)Math.Clamp(Math.Ceiling(rows * passes / batch), 1, options.Value.MaxSteps);
    }

    private static string? Full(string? path) => path is null ? null : Path.GetFullPath(path);
}
