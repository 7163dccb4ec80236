using System.Collections.Immutable;
using System.Text;
using Herd.Contracts.Experts;
using Herd.Contracts.Models;
using Herd.Gateway.Serving;

namespace Herd.Gateway.OpenAi;

/// <summary>Keeps what has arrived of a request's answers.</summary>
/// <param name="answersPerPrompt">Answers for each prompt; they share its tokens.</param>
internal sealed class AnswerProgress(int answersPerPrompt)
{
    private readonly SortedDictionary<int, Kept> _answers = [];
    private readonly SortedDictionary<int, ImmutableArray<ExpertReport>> _experts = [];
    private int _promptTokens;
    private int _completionTokens;
    private int _cachedTokens;

    /// <summary>What was counted so far; complete once all answers are.</summary>
    public UsageBody Usage => new(_promptTokens, _completionTokens, _promptTokens + _completionTokens, new PromptTokensBody(_cachedTokens));

    /// <summary>What became of the experts; all answers of a prompt ask the same ones about the same.</summary>
    public ImmutableArray<ExpertReport> Experts => _experts.Values.FirstOrDefault([]);

    /// <summary>The answers, in order.</summary>
    public IEnumerable<Answer> Answers => _answers.Select(entry => entry.Value.ToAnswer(entry.Key));

    /// <summary>What became of the experts of one answer.</summary>
    /// <param name="index">Which answer; it has begun.</param>
    /// <returns>The reports.</returns>
    public ImmutableArray<ExpertReport> ExpertsOf(int index) => _experts[index];

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
            case GenerationStarted started:
                _promptTokens += step.Index % answersPerPrompt == 0 ? started.PromptTokens : 0;
                _experts[step.Index] = started.Experts;
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
        if (!_answers.TryGetValue(step.Index, out var answer))
        {
            _answers.Add(step.Index, answer = new Kept());
        }

        answer.Add(step.Update);
    }

    private sealed class Kept
    {
        private readonly StringBuilder _text = new();
        private readonly List<ChosenToken> _tokens = [];
        private GenerationFinished? _finished;

        public void Add(GenerationUpdate update)
        {
            if (update is TokensGenerated tokens)
            {
                _text.Append(tokens.Text);
                _tokens.AddRange(tokens.LogProbabilities);
            }

            _finished = update as GenerationFinished;
        }

        public Answer ToAnswer(int index) => new(
            index,
            _text.ToString(),
            _finished is null ? "" : NameOf(_finished.Reason),
            _tokens.Count == 0 ? null : new TokenRun([.. _tokens.Take(_finished?.AnswerTokens ?? _tokens.Count)], 0));
    }
}
