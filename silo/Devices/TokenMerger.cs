using System.Collections.Immutable;
using System.Text;
using Herd.Contracts.Models;
using Herd.Engine.Execution;
using Herd.Engine.Tokenization;
using ContractFinished = Herd.Contracts.Models.GenerationFinished;
using ContractReason = Herd.Contracts.Models.FinishReason;
using EngineFinished = Herd.Engine.Execution.GenerationFinished;
using EngineReason = Herd.Engine.Execution.FinishReason;

namespace Herd.Silo.Devices;

/// <summary>Reads an engine's events one step ahead, so that all tokens that are ready leave in one message.</summary>
internal sealed class TokenMerger : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly LlamaTokenizer _tokenizer;
    private readonly IAsyncEnumerator<GenerationEvent> _events;
    private Task<bool> _next;
    private EngineFinished? _finished;
    private bool _ended;

    /// <summary>Submits a generation by asking for its first event.</summary>
    internal TokenMerger(IAsyncEnumerable<GenerationEvent> events, LlamaTokenizer tokenizer, CancellationToken cancellationToken)
    {
        _tokenizer = tokenizer;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _events = events.GetAsyncEnumerator(_stop.Token);
        _next = _events.MoveNextAsync().AsTask();
    }

    /// <summary>Waits for the first event where the engine has not refused already.</summary>
    internal Task FirstAsync() => _next;

    /// <summary>Throws what the engine refused at once.</summary>
    internal Task AcceptedAsync() => _next.IsFaulted ? _next : Task.CompletedTask;

    /// <summary>The next message; null after the last.</summary>
    internal async Task<GenerationUpdate?> NextAsync()
    {
        if (_finished is not null)
        {
            return Finish();
        }

        var ids = ImmutableArray.CreateBuilder<int>();
        var ends = ImmutableArray.CreateBuilder<int>();
        var likelihoods = ImmutableArray.CreateBuilder<ChosenToken>();
        var text = new StringBuilder();
        var first = 0;
        while (_finished is null && (ids.Count == 0 || _next.IsCompletedSuccessfully) && await _next.ConfigureAwait(false))
        {
            text.Append(_events.Current.Text);
            switch (_events.Current)
            {
                case TokenGenerated token:
                    first = ids.Count == 0 ? token.Index : first;
                    ids.Add(token.TokenId);
                    ends.Add(text.Length);
                    if (token.LogProbability is { } chosen)
                    {
                        likelihoods.Add(new ChosenToken(ToContract(token.TokenId, chosen), [.. token.Likeliest.Select(likely => ToContract(likely.TokenId, likely.LogProbability))]));
                    }

                    _next = _events.MoveNextAsync().AsTask();
                    break;
                case EngineFinished finished:
                    first = ids.Count == 0 ? finished.CompletionTokens : first;
                    _finished = finished;
                    break;
            }
        }

        return ids.Count > 0 || text.Length > 0
            ? new TokensGenerated(first, ids.ToImmutable(), text.ToString()) { TextEnds = ends.ToImmutable(), LogProbabilities = likelihoods.ToImmutable() }
            : Finish();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await ((Task)_next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _events.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private TokenProbability ToContract(int id, float logProbability) => new(id, [.. _tokenizer.BytesOf(id).Span], logProbability);

    private ContractFinished? Finish()
    {
        if (_finished is not { } finished || _ended)
        {
            return null;
        }

        _ended = true;
        return new ContractFinished
        {
            Reason = finished.Reason == EngineReason.Length ? ContractReason.Length : ContractReason.Stop,
            CompletionTokens = finished.CompletionTokens,
            AnswerTokens = finished.AnswerTokens,
            TimeToFirstToken = finished.TimeToFirstToken,
            Duration = finished.Duration,
            ReusedTokens = finished.ReusedTokens,
        };
    }
}
