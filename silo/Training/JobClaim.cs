using Herd.Contracts.Blobs;
using Herd.Contracts.Training;

namespace Herd.Silo.Training;

/// <summary>A job that this process works at.</summary>
/// <param name="Tenant">Its owner.</param>
/// <param name="Id">Its id.</param>
/// <param name="Holder">This attempt's name: nobody else writes to the job while it holds.</param>
/// <param name="Settings">What is to be done.</param>
/// <param name="Archive">The data.</param>
/// <param name="Claims">How often it was taken, this time included.</param>
/// <param name="Progress">How far the one before came.</param>
internal sealed record JobClaim(string Tenant, string Id, string Holder, TrainingJobSettings Settings, BlobRef Archive, int Claims, JobProgress Progress);

/// <summary>How far a job is.</summary>
/// <param name="State">Its state.</param>
/// <param name="StepsDone">Steps that are behind.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Loss">Smoothed loss.</param>
/// <param name="Version">The version that came of it.</param>
/// <param name="Accuracy">Share of the held-out rows answered to the letter.</param>
internal sealed record JobProgress(TrainingJobState State, long StepsDone, long Steps, double? Loss, string? Version, double? Accuracy);
