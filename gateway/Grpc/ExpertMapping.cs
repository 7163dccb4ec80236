using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;
using Herd.Contracts.Experts;
using V1 = Herd.Protos.V1;

namespace Herd.Gateway.Grpc;

/// <summary>Maps experts between the public contract and the cluster's.</summary>
internal static class ExpertMapping
{
    /// <summary>The experts that a client chose.</summary>
    /// <param name="choice">What it sent; null for nothing.</param>
    /// <returns>Their names; null where it leaves the choice to the version.</returns>
    public static ImmutableArray<string>? ToNames(V1.ExpertChoice? choice) => choice is null ? null : [.. choice.Names];

    /// <summary>What became of an expert.</summary>
    /// <param name="report">The report.</param>
    /// <returns>The message.</returns>
    public static V1.ExpertReport ToProto(ExpertReport report)
    {
        var message = new V1.ExpertReport
        {
            Name = report.Name,
            Outcome = ToProto(report.Outcome),
            Confidence = report.Confidence,
            Reason = report.Reason ?? "",
            Duration = Duration.FromTimeSpan(report.Duration),
            Cached = report.IsCached,
        };
        if (report.Text is { } text)
        {
            message.Text = text;
        }

        if (report.Line is { } line)
        {
            message.Line = line;
        }

        return message;
    }

    private static V1.ExpertOutcome ToProto(ExpertOutcome outcome) => outcome switch
    {
        ExpertOutcome.Spoke => V1.ExpertOutcome.Spoke,
        ExpertOutcome.NoRoom => V1.ExpertOutcome.NoRoom,
        ExpertOutcome.Unsure => V1.ExpertOutcome.Unsure,
        ExpertOutcome.Silent => V1.ExpertOutcome.Silent,
        ExpertOutcome.Missing => V1.ExpertOutcome.Missing,
        ExpertOutcome.Failed => V1.ExpertOutcome.Failed,
        ExpertOutcome.TimedOut => V1.ExpertOutcome.TimedOut,
        ExpertOutcome.Busy => V1.ExpertOutcome.Busy,
        _ => V1.ExpertOutcome.Unspecified,
    };
}
