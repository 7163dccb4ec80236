using Google.Protobuf.WellKnownTypes;
using Herd.Contracts.Training;
using V1 = Herd.Protos.V1;

namespace Herd.Gateway.Grpc;

/// <summary>Maps training jobs to the public contract and back.</summary>
internal static class TrainingMapping
{
    /// <summary>What a job is to do.</summary>
    /// <param name="settings">The message.</param>
    /// <returns>The settings.</returns>
    public static TrainingJobSettings ToSettings(V1.TrainingSettings settings) => new()
    {
        Adapter = settings.Adapter,
        Preset = settings.Preset,
        Layout = NullIfEmpty(settings.Layout),
        Steps = settings.HasSteps ? settings.Steps : null,
        Passes = settings.HasPasses ? settings.Passes : null,
        Rate = settings.HasRate ? settings.Rate : null,
        Batch = settings.HasBatch ? settings.Batch : null,
        Seed = settings.Seed,
        Alias = NullIfEmpty(settings.Alias),
        MinimumAccuracy = settings.HasMinimumAccuracy ? settings.MinimumAccuracy : null,
        MovesUnchecked = settings.MovesUnchecked,
    };

    /// <summary>A job.</summary>
    /// <param name="job">The job.</param>
    /// <returns>The message.</returns>
    public static V1.TrainingJob ToProto(TrainingJobDescription job)
    {
        var message = new V1.TrainingJob
        {
            Id = job.Id,
            Settings = ToProto(job.Settings),
            State = ToProto(job.State),
            StepsDone = job.StepsDone,
            Steps = job.Steps,
            Version = job.Version ?? "",
            Message = job.Message ?? "",
            CreatedAt = Timestamp.FromDateTimeOffset(job.CreatedAt),
            StartedAt = job.StartedAt is { } started ? Timestamp.FromDateTimeOffset(started) : null,
            EndedAt = job.EndedAt is { } ended ? Timestamp.FromDateTimeOffset(ended) : null,
        };
        if (job.Loss is { } loss)
        {
            message.Loss = loss;
        }

        if (job.Accuracy is { } accuracy)
        {
            message.Accuracy = accuracy;
        }

        return message;
    }

    private static V1.TrainingSettings ToProto(TrainingJobSettings settings)
    {
        var message = new V1.TrainingSettings
        {
            Adapter = settings.Adapter,
            Preset = settings.Preset,
            Layout = settings.Layout ?? "",
            Seed = settings.Seed,
            Alias = settings.Alias ?? "",
            MovesUnchecked = settings.MovesUnchecked,
        };
        Set(settings.Steps, value => message.Steps = value);
        Set(settings.Passes, value => message.Passes = value);
        Set(settings.Rate, value => message.Rate = value);
        Set(settings.Batch, value => message.Batch = value);
        Set(settings.MinimumAccuracy, value => message.MinimumAccuracy = value);
        return message;
    }

    private static V1.TrainingJobState ToProto(TrainingJobState state) => state switch
    {
        TrainingJobState.Queued => V1.TrainingJobState.Queued,
        TrainingJobState.Running => V1.TrainingJobState.Running,
        TrainingJobState.Checking => V1.TrainingJobState.Checking,
        TrainingJobState.Succeeded => V1.TrainingJobState.Succeeded,
        TrainingJobState.Failed => V1.TrainingJobState.Failed,
        TrainingJobState.Cancelled => V1.TrainingJobState.Cancelled,
        _ => V1.TrainingJobState.Unspecified,
    };

    private static void Set<T>(T? value, Action<T> set)
        where T : struct
    {
        if (value is { } given)
        {
            set(given);
        }
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
