using System.Collections.Immutable;
using Herd.Contracts.Experts;
using Herd.Contracts.Models;
using Herd.Engine.Experts;
using Herd.Engine.Tokenization;

namespace Herd.Silo.Experts;

/// <summary>Makes room in a prompt for what experts said.</summary>
internal static class ExpertLines
{
    /// <summary>Gives each expert that spoke its line; each has an equal share of the tokens, and what one does not need is the next one's.</summary>
    /// <param name="reports">What became of the experts; a line that is there already stays.</param>
    /// <param name="maxTokens">Tokens for all lines.</param>
    /// <param name="tokenizer">Counts tokens.</param>
    /// <returns>The reports with lines.</returns>
    internal static ImmutableArray<ExpertReport> Fit(ImmutableArray<ExpertReport> reports, int maxTokens, LlamaTokenizer tokenizer)
    {
        var waiting = reports.Count(NeedsLine);
        var left = maxTokens;
        var fitted = ImmutableArray.CreateBuilder<ExpertReport>(reports.Length);
        foreach (var report in reports)
        {
            if (!NeedsLine(report))
            {
                fitted.Add(report);
                continue;
            }

            var line = ExpertText.Fit(report.Label, report.Text!, left / waiting--, Count);
            left -= line is null ? 0 : Count(line);
            fitted.Add(line is null
                ? report with { Outcome = ExpertOutcome.NoRoom, Reason = "The prompt has no room for what the expert said." }
                : report with { Line = line });
        }

        return fitted.MoveToImmutable();

        // With the line's end, which the input has behind it.
        int Count(string line) => tokenizer.Encode(line + "\n", bos: false).Length;
    }

    /// <summary>The prompt with what experts said in front of its input.</summary>
    internal static Prompt With(this Prompt prompt, ImmutableArray<ExpertReport> reports) => prompt switch
    {
        ChatPrompt chat => chat with { Input = Join(reports, chat.Input) },
        TurnPrompt turn => turn with { Input = Join(reports, turn.Input) },
        _ => prompt,
    };

    /// <summary>The Input part of a prompt: what experts said, then the user's own input.</summary>
    internal static string? Join(ImmutableArray<ExpertReport> reports, string? input) => ExpertText.Join(reports.Select(report => report.Line).OfType<string>(), input);

    private static bool NeedsLine(ExpertReport report) => report is { Outcome: ExpertOutcome.Spoke, Line: null };
}
