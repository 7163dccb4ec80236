using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Herd.Contracts.Experts;
using Herd.Contracts.Models;
using Herd.Engine;
using Herd.Engine.Execution;
using Herd.Engine.Experts;
using Herd.Engine.Vision;
using Herd.Silo.Devices;
using Herd.Silo.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Experts;

/// <summary>Asks experts before a prompt is rendered, all at the same time. Whatever becomes of them, the answer is made.</summary>
internal sealed class ExpertPanel(
    ExpertDirectory directory, ExpertPlaces places, ExpertMetrics metrics, IOptions<ExpertOptions> options, TimeProvider time, ILogger<ExpertPanel> logger)
{
    private readonly ExpertCache _cache = new(options.Value.CachedFindings, options.Value.CachedFindingsPerTenant);
    private readonly Lock _gate = new();
    private readonly Dictionary<ExpertKey, Task> _asking = [];

    /// <summary>Most tokens that they add to a prompt, all together.</summary>
    internal int MaxTokens => options.Value.MaxTokens;

    /// <summary>Asks the experts of a request, or takes what they said when it began elsewhere.</summary>
    /// <param name="request">The request.</param>
    /// <param name="picture">The picture in force; null for none.</param>
    /// <param name="engine">The replica's engine.</param>
    /// <param name="adapters">Its adapters.</param>
    /// <param name="cancellationToken">Stops all of them; the only way in which this fails.</param>
    /// <returns>What became of each, in the order of the request; those that spoke have no line yet.</returns>
    internal async Task<ImmutableArray<ExpertReport>> HearAsync(
        GenerateRequest request, byte[]? picture, InferenceEngine engine, AdapterLoader adapters, CancellationToken cancellationToken)
    {
        if (request.Heard is { } heard)
        {
            return heard;
        }

        var names = request.ExpertsInForce;
        if (names.IsEmpty)
        {
            return [];
        }

        var seen = picture is null ? null : new ExpertPicture(picture, PictureLimits.Default);
        var question = new ExpertQuestion(seen, (request.Prompt as ChatPrompt)?.Messages[^1].Text ?? (request.Prompt as TurnPrompt)?.User);
        var reports = await Task.WhenAll(names.Select(name => HearAsync(name, question, request, engine, adapters, cancellationToken))).ConfigureAwait(false);
        foreach (var report in reports)
        {
            metrics.Count(report);
        }

        return [.. reports];
    }

    private async Task<ExpertReport> HearAsync(
        string name, ExpertQuestion question, GenerateRequest request, InferenceEngine engine, AdapterLoader adapters, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var report = new ExpertReport { Name = name, Outcome = ExpertOutcome.Failed };
        try
        {
            var expert = await directory.FindAsync(name, request, engine, adapters, cancellationToken).ConfigureAwait(false);
            report = report with { Label = expert.Label };
            report = await HearAsync(report, expert, question, request.Tenant, cancellationToken).ConfigureAwait(false);
        }
        catch (ExpertException exception)
        {
            logger.LogInformation(exception.InnerException, "Expert {Expert} did not speak: {Reason} {Detail}", name, exception.Message, exception.Detail);
            report = report with { Outcome = exception.IsMissing ? ExpertOutcome.Missing : ExpertOutcome.Failed, Reason = exception.Message };
        }
        catch (EngineException exception)
        {
            report = report with { Reason = exception.Message };
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            logger.LogError(exception, "Expert {Expert} failed.", name);
            report = report with { Reason = "The expert failed." };
        }

        return report with { Duration = time.GetElapsedTime(began) };
    }

    private async Task<ExpertReport> HearAsync(ExpertReport report, IExpert expert, ExpertQuestion question, string scope, CancellationToken cancellationToken)
    {
        if (expert.NeedsPicture && question.Picture is null)
        {
            return report with { Outcome = ExpertOutcome.Silent, Reason = "There is no picture." };
        }

        using var limit = new CancellationTokenSource(expert.TimeLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            var key = KeyOf(expert, question, scope);
            var known = _cache.Find(key);
            return await FindAsync(key, expert, question, either.Token).ConfigureAwait(false) is { } finding
                ? Judge(report with { IsCached = known is not null }, finding)
                : report with { Outcome = ExpertOutcome.Busy, Reason = "Too many experts are at work. Try again shortly." };
        }
        catch (Exception) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return report with { Outcome = ExpertOutcome.TimedOut, Reason = $"The expert did not speak within {expert.TimeLimit.TotalSeconds:0.##} seconds." };
        }
    }

    private ExpertReport Judge(ExpertReport report, ExpertFinding finding)
    {
        report = report with { Text = finding.Text.Length == 0 ? null : finding.Text, Confidence = Math.Clamp(finding.Confidence, 0, 1) };
        if (report.Text is null)
        {
            return report with { Outcome = ExpertOutcome.Silent, Reason = "The expert found nothing." };
        }

        return report.Confidence >= options.Value.MinConfidence
            ? report with { Outcome = ExpertOutcome.Spoke }
            : report with { Outcome = ExpertOutcome.Unsure, Reason = $"The expert has to be {options.Value.MinConfidence:0.##} sure." };
    }

    /// <summary>What the expert said before, or says now. Of those who ask the same at one time one asks, and the others wait for what it hears.</summary>
    /// <returns>The finding; null where there is no place to ask.</returns>
    private async Task<ExpertFinding?> FindAsync(ExpertKey key, IExpert expert, ExpertQuestion question, CancellationToken cancellationToken)
    {
        while (true)
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Task? other;
            lock (_gate)
            {
                if (_cache.Find(key) is { } known)
                {
                    return known;
                }

                if (!_asking.TryGetValue(key, out other))
                {
                    _asking.Add(key, done.Task);
                }
            }

            if (other is not null)
            {
                await other.WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            try
            {
                return await AskAsync(key, expert, question, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                lock (_gate)
                {
                    _asking.Remove(key);
                }

                done.SetResult();
            }
        }
    }

    private async Task<ExpertFinding?> AskAsync(ExpertKey key, IExpert expert, ExpertQuestion question, CancellationToken cancellationToken)
    {
        using var place = await places.EnterAsync(key.Scope, cancellationToken).ConfigureAwait(false);
        if (place is null)
        {
            return null;
        }

        var finding = await expert.AskAsync(question, cancellationToken).ConfigureAwait(false);
        finding = finding with { Text = ExpertText.Neutralise(finding.Text) };
        _cache.Add(key, finding);
        return finding;
    }

    private static ExpertKey KeyOf(IExpert expert, ExpertQuestion question, string scope) => new(
        scope,
        expert.Name,
        expert.Settings,
        expert.NeedsPicture ? question.Picture!.Digest : "",
        expert.NeedsText ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(question.Text ?? ""))) : "");
}
