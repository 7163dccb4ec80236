using Herd.Faults.Plan;

namespace Herd.Faults.Injection;

/// <summary>A time during which a part was not itself: from before something was done to it until it was seen to be well again.</summary>
/// <param name="Part">The part.</param>
/// <param name="What">What was done to it.</param>
/// <param name="From">When it began, since the run's start.</param>
internal sealed record Disturbance(Part Part, string What, TimeSpan From)
{
    /// <summary>When it was over; endless while it lasts.</summary>
    public TimeSpan Until { get; set; } = TimeSpan.MaxValue;

    public bool Overlaps(TimeSpan from, TimeSpan until) => From < until && Until > from;

    public override string ToString() => $"{From.TotalSeconds:F1} s to {(Until == TimeSpan.MaxValue ? "now" : $"{Until.TotalSeconds:F1} s")}: {What}";
}
