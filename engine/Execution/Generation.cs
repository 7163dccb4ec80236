using System.Runtime.InteropServices;
using System.Threading.Channels;
using Herd.Engine.Adapters;
using Herd.Engine.KvCache;
using Herd.Engine.Sampling;
using Herd.Engine.Scheduling;
using Herd.Engine.Tokenization;

namespace Herd.Engine.Execution;

/// <summary>One generation under way: its sequence, its text so far, and the channel to its reader.</summary>
/// <remarks>After submission the device loop alone touches it; the reader has only the channel.</remarks>
internal sealed class Generation
{
    private readonly GenerationRequest _request;
    private readonly StreamingDecoder _decoder;
    private readonly StopMatcher _stops;
    private readonly List<int> _textEnds = []; // where the text ends once each token is in; nowhere within a character
    private readonly Channel<GenerationEvent> _events;
    private readonly TimeProvider _clock;
    private readonly long _submitted;
    private readonly IReadOnlySet<int> _endIds;
    private GenerationFinished? _end;
    private TimeSpan? _firstToken;
    private int _decoded;

    /// <summary>Makes a generation that waits to be submitted.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="request">What to generate.</param>
    /// <param name="picture">Its picture, prepared; null for none.</param>
    /// <param name="adapter">Its own hold on the adapter; null for the bare base.</param>
    /// <param name="tokenizer">Decodes what is generated.</param>
    /// <param name="endIds">The tokens that end answers, where the request names none.</param>
    /// <param name="clock">Measures the times reported.</param>
    public Generation(
        long id, GenerationRequest request, PreparedPicture? picture, AdapterLease? adapter, LlamaTokenizer tokenizer, IReadOnlySet<int> endIds, TimeProvider clock)
    {
        (_request, Picture, Adapter, _clock, _endIds) = (request, picture, adapter, clock, request.EndIds ?? endIds);
        _submitted = clock.GetTimestamp();
        _decoder = new StreamingDecoder(tokenizer);
        _stops = new StopMatcher(request.StopStrings);
        Sequence = new Sequence(id, request.PromptIds, new KvKey(request.Scope, adapter?.Version, picture?.Digest), request.Share);

        // Room for every event there can be: the loop never waits for a reader.
        _events = Channel.CreateBounded<GenerationEvent>(new BoundedChannelOptions(request.MaxTokens + 1) { SingleReader = true, SingleWriter = true });
        Resume(request.ResumeIds);
    }

    /// <summary>The scheduler's view.</summary>
    public Sequence Sequence { get; }

    /// <summary>The hold on the adapter; null for the bare base.</summary>
    public AdapterLease? Adapter { get; }

    /// <summary>The prepared picture; null for none.</summary>
    public PreparedPicture? Picture { get; }

    /// <summary>The prompts of the adapter under the picture, while the generation lives; null for an adapter without prompts.</summary>
    public PromptKeyValues? Prompts { get; set; }

    /// <summary>What the reader reads.</summary>
    public ChannelReader<GenerationEvent> Events => _events.Reader;

    /// <summary>Whether nothing is left to compute. Before the first step: the tokens to go on behind end with a stop string.</summary>
    public bool EndsAtOnce => _end is not null;

    private int Generated => Sequence.Tokens.Count - Sequence.PromptTokens;

    /// <summary>What a reader is told of a fault that is not the request's.</summary>
    /// <param name="error">The fault.</param>
    /// <returns>It, where it was meant for readers, or one that keeps it to the log.</returns>
    public static EngineException Fault(Exception error) =>
        error as EngineException ?? new EngineException(EngineErrorCode.Fault, "The engine failed while computing this request. The log says why.", error);

    /// <summary>Chooses the next token and tells the reader.</summary>
    /// <param name="logits">Behind the sequence's last token, one value per vocabulary entry.</param>
    /// <param name="sampler">Chooses.</param>
    /// <returns>Whether the answer ends here; the reader is told so by <see cref="Complete"/>.</returns>
    public bool Continue(float[] logits, Sampler sampler)
    {
        _firstToken ??= _clock.GetElapsedTime(_submitted);
        var generated = CollectionsMarshal.AsSpan(Sequence.Tokens)[Sequence.PromptTokens..];
        var token = sampler.Choose(logits, _request.Sampling, generated, Sequence.Tokens.Count);
        if (_endIds.Contains(token) && !_request.IgnoreEnd)
        {
            Finish(FinishReason.Stop, ending: true);
            return true;
        }

        var (released, stopped) = Take(token);
        _events.Writer.TryWrite(Describe(new TokenGenerated(Generated - 1, token) { Text = released }, logits));
        if (stopped)
        {
            Finish(FinishReason.Stop, ending: false);
        }
        else if (Generated == _request.MaxTokens)
        {
            Finish(FinishReason.Length, ending: true);
        }
        else
        {
            return false;
        }

        return true;
    }

    /// <summary>Tells the reader that the generation has ended; what it held is free by then, so that the reader may come again at once.</summary>
    /// <param name="error">Why it could not be completed; null where it was.</param>
    public void Complete(EngineException? error)
    {
        if (error is null && _end is { } end)
        {
            _events.Writer.TryWrite(end);
        }

        _events.Writer.TryComplete(error);
    }

    /// <summary>Takes tokens whose text the reader has already.</summary>
    private void Resume(IReadOnlyList<int> tokens)
    {
        foreach (var token in tokens)
        {
            if (Take(token).Stopped)
            {
                Finish(FinishReason.Stop, ending: false);
                return;
            }
        }
    }

    private (string Released, bool Stopped) Take(int token)
    {
        Sequence.Tokens.Add(token);
        var text = _decoder.Append(token);
        _decoded += text.Length;
        _textEnds.Add(_decoder.HoldsBytes ? int.MaxValue : _decoded);
        return (_stops.Append(text, out var stopped), stopped);
    }

    private TokenGenerated Describe(TokenGenerated token, float[] logits)
    {
        if (_request.LikeliestTokens is not { } wanted)
        {
            return token;
        }

        var (chosen, likeliest) = LogProbabilities.Of(logits, token.TokenId, wanted);
        return token with { LogProbability = chosen, Likeliest = likeliest };
    }

    private void Finish(FinishReason reason, bool ending)
    {
        var (rest, stopped) = ("", !ending);
        if (ending)
        {
            rest = _stops.Append(_decoder.Finish(), out stopped) + _stops.Finish();
            reason = stopped ? FinishReason.Stop : reason;
        }

        var answerTokens = stopped ? _textEnds.FindLastIndex(end => end <= _stops.Released) + 1 : Generated;
        _end = new GenerationFinished(reason, Sequence.PromptTokens, Generated, answerTokens)
        {
            Text = rest,
            ReusedTokens = Sequence.ReusedTokens ?? 0,
            TimeToFirstToken = _firstToken ?? TimeSpan.Zero,
            Duration = _clock.GetElapsedTime(_submitted),
        };
    }
}
