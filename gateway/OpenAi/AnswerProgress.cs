using System.Text;
using Herd.Contracts.Models;
using Herd.Gateway.Serving;

namespace Herd.Gateway.OpenAi;

/// <summary>Keeps what has arrived of a request's answers.</summary>
/// <param name="answersPerPrompt">Answers for each prompt; they share its tokens.</param>
internal sealed class AnswerProgress(int answersPerPrompt)
{
    private readonly SortedDictionary<int, (StringBuilder Text, string FinishReason)> _answers = [];
    private int _promptTokens;
    private int _completionTokens;
    private int _cachedTokens;

    /// <summary>What was counted so far; complete once all answers are.</summary>
    public UsageBody Usage => new(_promptTokens, _completionTokens, _promptTokens + _completionTokens, new PromptTokensBody(_cachedTokens));

    /// <summary>The answers, in order.</summary>
    public IEnumerable<Answer> Answers => _answers.Select(entry => new Answer(entry.Key, entry.Value.Text.ToString(), entry.Value.FinishReason));

    /// <summary>OpenAI's word for why an answer ended.</summary>
    /// <param name="reason">Why.</param>
    /// <returns>The word.</returns>
    public static string NameOf(FinishReason reason) => reason == FinishReason.Length ? "length" : "stop";

    /// <summary>Counts an update, without keeping its text.</summary>
    /// <param name="step">The update.</param>
    public void Count(GenerationStep step)
    {
        switch (step.Update)
        {
            case GenerationStarted started when step.Index % answersPerPrompt == 0:
                _promptTokens += started.PromptTokens;
                break;
            case GenerationFinished finished:
                _completionTokens += finished.CompletionTokens;
                _cachedTokens += step.Index % answersPerPrompt == 0 ? finished.ReusedTokens : 0; // its prompt is counted once
                break;
        }
    }

    /// <summary>Counts an update and keeps its text.</summary>
    /// <param name="step">The update.</param>
    public void Add(GenerationStep step)
    {
        Count(step);
        var text = _answers.TryGetValue(step.Index, out var answer) ? answer.Text : new StringBuilder();
        text.Append((step.Update as TokensGenerated)?.Text);
        _answers[step.Index] = (text, step.Update is GenerationFinished finished ? NameOf(finished.Reason) : "");
    }
}
