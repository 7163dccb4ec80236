using Herd.Contracts.Blobs;

namespace Herd.Contracts.Training;

/// <summary>What a training job is to do. Null: as the preset has it.</summary>
[GenerateSerializer, Immutable, Alias("herd.TrainingJobSettings")]
public sealed record TrainingJobSettings
{
    /// <summary>The adapter that gets the new version; made with its first.</summary>
    [Id(0)]
    public required string Adapter { get; init; }

    /// <summary>What trains, by the name of a preset.</summary>
    [Id(1)]
    public required string Preset { get; init; }

    /// <summary>What the new adapter is made of, by the name of a layout.</summary>
    [Id(2)]
    public string? Layout { get; init; }

    /// <summary>Optimiser steps; null: as <see cref="Passes"/> say.</summary>
    [Id(3)]
    public long? Steps { get; init; }

    /// <summary>Passes over the data.</summary>
    [Id(4)]
    public double? Passes { get; init; }

    /// <summary>Highest learning rate.</summary>
    [Id(5)]
    public double? Rate { get; init; }

    /// <summary>Examples of a step. Null: 8.</summary>
    [Id(6)]
    public int? Batch { get; init; }

    /// <summary>Decides first values and the order of the data.</summary>
    [Id(7)]
    public long Seed { get; init; }

    /// <summary>The alias that is moved to the new version; null for none.</summary>
    [Id(8)]
    public string? Alias { get; init; }

    /// <summary>Share of the held-out rows, 0 to 1, that the new version must answer to the letter before the alias is moved; null for no such check.</summary>
    [Id(9)]
    public double? MinimumAccuracy { get; init; }

    /// <summary>Whether the alias is moved without a check.</summary>
    [Id(10)]
    public bool MovesUnchecked { get; init; }
}

/// <summary>A job to be made.</summary>
/// <param name="Archive">The data, in <see cref="BlobArea.Archives"/>; the job's own from here on.</param>
/// <param name="Settings">What is to be done.</param>
[GenerateSerializer, Immutable, Alias("herd.CreateTrainingJob")]
public sealed record CreateTrainingJob([property: Id(0)] BlobRef Archive, [property: Id(1)] TrainingJobSettings Settings);

/// <summary>How far a job is.</summary>
public enum TrainingJobState
{
    /// <summary>It waits for a place.</summary>
    Queued,

    /// <summary>It trains.</summary>
    Running,

    /// <summary>The result is published and answers the held-out rows.</summary>
    Checking,

    /// <summary>The version is there, and the alias moved where one was named.</summary>
    Succeeded,

    /// <summary>It ended without its aim; the message says why.</summary>
    Failed,

    /// <summary>Its owner ended it.</summary>
    Cancelled,
}

/// <summary>A training job as its owner sees it.</summary>
[GenerateSerializer, Immutable, Alias("herd.TrainingJobDescription")]
public sealed record TrainingJobDescription
{
    /// <summary>Its id.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>What it is to do.</summary>
    [Id(1)]
    public required TrainingJobSettings Settings { get; init; }

    /// <summary>How far it is.</summary>
    [Id(2)]
    public required TrainingJobState State { get; init; }

    /// <summary>Steps that are behind.</summary>
    [Id(3)]
    public long StepsDone { get; init; }

    /// <summary>Steps in all; 0 until it is known.</summary>
    [Id(4)]
    public long Steps { get; init; }

    /// <summary>Loss, smoothed; null before the first step.</summary>
    [Id(5)]
    public double? Loss { get; init; }

    /// <summary>Digest of the version that came of it.</summary>
    [Id(6)]
    public string? Version { get; init; }

    /// <summary>Share of the held-out rows that the version answered to the letter; null where none were asked.</summary>
    [Id(7)]
    public double? Accuracy { get; init; }

    /// <summary>What there is to say, above all why it failed.</summary>
    [Id(8)]
    public string? Message { get; init; }

    /// <summary>When it was made.</summary>
    [Id(9)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it first got a place.</summary>
    [Id(10)]
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    [Id(11)]
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Whether nothing more will happen.</summary>
    public bool HasEnded => State is TrainingJobState.Succeeded or TrainingJobState.Failed or TrainingJobState.Cancelled;
}

/// <summary>A place in a list of jobs, newest first.</summary>
/// <param name="CreatedAt">When the last job that was seen was made.</param>
/// <param name="Id">Its id.</param>
[GenerateSerializer, Immutable, Alias("herd.TrainingJobCursor")]
public sealed record TrainingJobCursor([property: Id(0)] DateTimeOffset CreatedAt, [property: Id(1)] string Id);
