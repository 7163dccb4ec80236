using System.Text.Json;
using Herd.Contracts.Blobs;
using Herd.Contracts.Training;
using Herd.Silo.Storage;

namespace Herd.Silo.Training;

/// <summary>A row of <c>training_jobs</c>.</summary>
internal sealed class JobRow
{
    public required string Tenant { get; init; }

    public required string Id { get; init; }

    public string Settings { get; init; } = "";

    public string ArchiveDigest { get; init; } = "";

    public long ArchiveBytes { get; init; }

    public string ArchiveCopy { get; init; } = "";

    public int State { get; init; }

    public long StepsDone { get; init; }

    public long Steps { get; init; }

    public double? Loss { get; init; }

    public string? Version { get; init; }

    public double? Accuracy { get; init; }

    public string? Message { get; init; }

    public long CreatedAt { get; init; }

    public long? StartedAt { get; init; }

    public long? EndedAt { get; init; }

    public string? Holder { get; init; }

    public long? HeldUntil { get; init; }

    public int Claims { get; init; }

    internal static JobRow New(string tenant, string id, CreateTrainingJob request, DateTimeOffset now) => new()
    {
        Tenant = tenant,
        Id = id,
        Settings = JsonSerializer.Serialize(request.Settings),
        ArchiveDigest = request.Archive.Digest,
        ArchiveBytes = request.Archive.Length,
        ArchiveCopy = request.Archive.Copy ?? "",
        CreatedAt = Columns.Of(now),
    };

    /// <summary>What a holder writes: the row, its name, and how far the job is.</summary>
    internal static JobRow Held(JobClaim claim, JobProgress progress, DateTimeOffset? heldUntil = null, string? message = null, DateTimeOffset? endedAt = null) => new()
    {
        Tenant = claim.Tenant,
        Id = claim.Id,
        Holder = claim.Holder,
        State = (int)progress.State,
        StepsDone = progress.StepsDone,
        Steps = progress.Steps,
        Loss = progress.Loss,
        Version = progress.Version,
        Accuracy = progress.Accuracy,
        HeldUntil = heldUntil is { } until ? Columns.Of(until) : null,
        Message = Columns.OfText(message),
        EndedAt = endedAt is { } end ? Columns.Of(end) : null,
    };

    internal JobClaim ToClaim() => new(
        Tenant, Id, Holder!, ToSettings(), ToArchive(), Claims, new JobProgress((TrainingJobState)State, StepsDone, Steps, Loss, Version, Accuracy));

    internal BlobRef ToArchive() => new(BlobArea.Archives, ArchiveDigest, ArchiveBytes) { Copy = ArchiveCopy };

    internal TrainingJobDescription ToDescription() => new()
    {
        Id = Id,
        Settings = ToSettings(),
        State = (TrainingJobState)State,
        StepsDone = StepsDone,
        Steps = Steps,
        Loss = Loss,
        Version = Version,
        Accuracy = Accuracy,
        Message = Columns.Text(Message),
        CreatedAt = Columns.Moment(CreatedAt),
        StartedAt = Columns.Moment(StartedAt),
        EndedAt = Columns.Moment(EndedAt),
    };

    private TrainingJobSettings ToSettings() => JsonSerializer.Deserialize<TrainingJobSettings>(Settings)!;
}
