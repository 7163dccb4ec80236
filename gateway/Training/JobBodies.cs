using System.Text.Json.Serialization;
using Herd.Contracts.Training;

namespace Herd.Gateway.Training;

/// <summary>A training job as JSON.</summary>
internal sealed record JobBody(
    string Id,
    TrainingJobSettings Settings,
    TrainingJobState State,
    long StepsDone,
    long Steps,
    double? Loss,
    string? Version,
    double? Accuracy,
    string? Message,
    DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt)
{
    /// <summary>The kind of object.</summary>
    public string Object { get; } = "training_job";

    /// <summary>A job's body.</summary>
    /// <param name="job">The job.</param>
    /// <returns>The body.</returns>
    public static JobBody Of(TrainingJobDescription job) => new(
        job.Id,
        job.Settings,
        job.State,
        job.StepsDone,
        job.Steps,
        job.Loss,
        job.Version,
        job.Accuracy,
        job.Message,
        job.CreatedAt,
        job.StartedAt,
        job.EndedAt);
}

/// <summary>A page of jobs as JSON.</summary>
internal sealed record JobListBody(IReadOnlyList<JobBody> Data, string? NextPageToken)
{
    /// <summary>The kind of object.</summary>
    public string Object { get; } = "list";
}

/// <summary>Writes jobs as JSON: names in snake case, states by name.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(JobBody))]
[JsonSerializable(typeof(JobListBody))]
internal sealed partial class JobJson : JsonSerializerContext;
