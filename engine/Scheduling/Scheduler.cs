namespace Herd.Engine.Scheduling;

/// <summary>
/// Picks what the next step computes: every running sequence's next token first, then prompt chunks, then sequences that wait, in the order of
/// <see cref="FairQueue"/>. Admission counts blocks first. A running sequence that cannot get a block takes it from another one, which waits and is recomputed later.
/// </summary>
/// <remarks>
/// <para>Integers only, single-threaded. <see cref="ISlotTable"/> decides whether a sequence's adapter can be on the device.</para>
/// <para>A scope of which nothing runs waits at most <see cref="Patience"/> steps while another has several sequences running: one of those then makes room.</para>
/// </remarks>
internal sealed class Scheduler(SchedulerLimits limits, BlockLedger blocks, ISlotTable slots)
{
    /// <summary>Steps that a scope of which nothing runs waits for others' sequences to end by themselves.</summary>
    public const int Patience = 32;

    private readonly FairQueue _waiting = new();
    private readonly List<Sequence> _running = [];
    private Sequence? _refused; // the sequence whose turn it was when there was no room
    private int _refusals;

    /// <summary>How often a running sequence gave its blocks to another one.</summary>
    public long Preemptions { get; private set; }

    /// <summary>Sequences in the batch, oldest first.</summary>
    public IReadOnlyList<Sequence> Running => _running;

    /// <summary>Number of sequences that wait.</summary>
    public int WaitingCount => _waiting.Count;

    /// <summary>Lets a sequence wait for its turn.</summary>
    /// <param name="sequence">The sequence.</param>
    public void Add(Sequence sequence) => _waiting.Add(sequence);

    /// <summary>Takes a sequence out, wherever it is, and frees what it holds.</summary>
    /// <param name="sequence">The sequence; one that is not here is no error.</param>
    public void Remove(Sequence sequence)
    {
        if (_running.Remove(sequence))
        {
            Free(sequence);
            _waiting.End(sequence);
        }
        else
        {
            _waiting.Remove(sequence);
        }
    }

    /// <summary>Plans the next step. The caller computes it and tells <see cref="Advance"/>.</summary>
    /// <returns>The plan.</returns>
    /// <exception cref="AdapterPlacementException">A sequence cannot begin. Nothing is lost: without it, the plan can be made again.</exception>
    public StepPlan Next()
    {
        var chunks = new List<PlannedChunk>();
        var displaced = Displace();
        var preempted = new List<Sequence>();
        foreach (var sequence in _running.Where(s => s.IsDecode).ToArray())
        {
            if (!preempted.Contains(sequence) && Grow(sequence, preempted))
            {
                chunks.Add(new PlannedChunk(sequence, 1));
            }
        }

        chunks.RemoveAll(chunk => preempted.Contains(chunk.Sequence));
        var budget = limits.MaxStepTokens - chunks.Count;
        var admits = preempted.Count == 0;
        if (admits && _waiting.Next is { } newcomer && !_running.Any(s => !s.IsDecode && s.Key.Scope == newcomer.Key.Scope))
        {
            admits = Admit(newcomer, budget); // before others' long prompts take all the room
        }

        var prompts = PromptShares.Divide([.. _running.Where(s => !s.IsDecode)], budget);
        chunks.AddRange(prompts);
        budget -= prompts.Sum(chunk => chunk.Count);
        while (admits && _waiting.Next is { } next && Admit(next, budget))
        {
            var count = PromptShares.Fit(next, budget);
            if (count > 0)
            {
                chunks.Add(new PlannedChunk(next, count));
                budget -= count;
            }
        }

        NoteRefusal();
        return new StepPlan(chunks, [.. displaced, .. preempted]);
    }

    /// <summary>Notes that a step has been computed.</summary>
    /// <param name="computed">What was computed of the plan.</param>
    public void Advance(IEnumerable<PlannedChunk> computed)
    {
        foreach (var chunk in computed)
        {
            blocks.Advance(chunk.Sequence, chunk.Count);
            _waiting.Serve(chunk.Sequence);
        }
    }

    /// <summary>Counts anew what running sequences hold.</summary>
    /// <exception cref="InvalidOperationException">An account is wrong: a fault of the engine.</exception>
    public void Audit()
    {
        blocks.Audit(_running);
        var leased = _running.Count(sequence => sequence.Adapter is not null);
        if (slots.Leases != leased)
        {
            throw new InvalidOperationException($"Slots are held {slots.Leases} times by {leased} sequences with adapters.");
        }
    }

    private bool Admit(Sequence sequence, int budget)
    {
        if (_running.Count >= limits.MaxRunningSequences)
        {
            return false;
        }

        var prefix = blocks.LongestPrefix(sequence);
        var pending = sequence.Tokens.Count - BlockLedger.TokensOf(prefix);
        if (Math.Min(pending, PromptTiles.Tokens) > budget || !blocks.HasRoom(sequence, prefix) || !TryPlace(sequence, out var slot))
        {
            return false;
        }

        blocks.Begin(sequence, prefix);
        sequence.Slot = slot;
        _waiting.Begin(sequence);
        _running.Add(sequence);
        return true;
    }

    private bool TryPlace(Sequence sequence, out int slot)
    {
        try
        {
            return slots.TryLease(sequence.Adapter, out slot);
        }
        catch (Exception error)
        {
            throw new AdapterPlacementException(sequence, error);
        }
    }

    private void NoteRefusal()
    {
        var next = _waiting.Next;
        _refusals = next is not null && next == _refused ? _refusals + 1 : 0;
        _refused = next;
    }

    /// <summary>Where a scope of which nothing runs has waited long enough, one sequence of a scope with several makes room.</summary>
    private Sequence[] Displace()
    {
        if (_refused is not { } waiting || _refusals < Patience || _waiting.Next != waiting || _waiting.RunningOf(waiting) > 0 || MostCrowded() is not { } victim)
        {
            return [];
        }

        Preempt(victim);
        return [victim];
    }

    private bool Grow(Sequence sequence, List<Sequence> preempted)
    {
        while (!blocks.TryGrow(sequence, sequence.Tokens.Count))
        {
            var victim = MostCrowded() ?? _running[^1];
            Preempt(victim);
            preempted.Add(victim);
            if (victim == sequence)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The youngest sequence of the scope that has most under way for its share; null where no scope has two.</summary>
    private Sequence? MostCrowded() => _running
        .Where(sequence => _waiting.RunningOf(sequence) > 1)
        .Reverse()
        .MaxBy(sequence => (double)_waiting.RunningOf(sequence) / sequence.Share);

    private void Preempt(Sequence sequence)
    {
        Preemptions++;
        _running.Remove(sequence);
        Free(sequence);
        _waiting.PutBack(sequence);
    }

    private void Free(Sequence sequence)
    {
        blocks.Release(sequence);
        slots.Release(sequence.Adapter);
        sequence.Slot = 0;
    }
}
