namespace Herd.Engine.Scheduling;

/// <summary>
/// Picks what the next step computes: every running sequence's next token first, then prompt chunks, then sequences that wait, in order of arrival. Admission
/// counts blocks first. A running sequence that cannot get a block takes it from the youngest one, which waits and is recomputed later.
/// </summary>
/// <remarks>Integers only, single-threaded. <see cref="ISlotTable"/> decides whether a sequence's adapter can be on the device.</remarks>
internal sealed class Scheduler(SchedulerLimits limits, BlockLedger blocks, ISlotTable slots)
{
    private readonly LinkedList<Sequence> _waiting = new();
    private readonly List<Sequence> _running = [];

    /// <summary>Sequences in the batch, oldest first.</summary>
    public IReadOnlyList<Sequence> Running => _running;

    /// <summary>Number of sequences that wait.</summary>
    public int WaitingCount => _waiting.Count;

    /// <summary>Lets a sequence wait for its turn.</summary>
    /// <param name="sequence">The sequence.</param>
    public void Add(Sequence sequence) => _waiting.AddLast(sequence);

    /// <summary>Takes a sequence out, wherever it is, and frees what it holds.</summary>
    /// <param name="sequence">The sequence; one that is not here is no error.</param>
    public void Remove(Sequence sequence)
    {
        if (_running.Remove(sequence))
        {
            Free(sequence);
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
        var preempted = new List<Sequence>();
        var budget = limits.MaxStepTokens;

        foreach (var sequence in _running.Where(s => s.IsDecode).ToArray())
        {
            if (preempted.Contains(sequence) || !Grow(sequence, preempted))
            {
                continue;
            }

            chunks.Add(new PlannedChunk(sequence, 1));
            budget--;
        }

        chunks.RemoveAll(chunk => preempted.Contains(chunk.Sequence));
        foreach (var sequence in _running.Where(s => !s.IsDecode))
        {
            Take(sequence);
        }

        while (preempted.Count == 0 && _waiting.First?.Value is { } next && Admit(next, budget))
        {
            Take(next);
        }

        return new StepPlan(chunks, preempted);

        void Take(Sequence sequence)
        {
            // Only whole tiles: how a prompt is cut must not depend on what shares its steps.
            var end = PromptTiles.Border(sequence.Computed + Math.Min(sequence.Pending, budget), sequence.PromptTokens);
            var count = end - sequence.Computed;
            if (count > 0)
            {
                chunks.Add(new PlannedChunk(sequence, count));
                budget -= count;
            }
        }
    }

    /// <summary>Notes that a step has been computed.</summary>
    /// <param name="computed">What was computed of the plan.</param>
    public void Advance(IEnumerable<PlannedChunk> computed)
    {
        foreach (var chunk in computed)
        {
            blocks.Advance(chunk.Sequence, chunk.Count);
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
        _waiting.RemoveFirst();
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

    private bool Grow(Sequence sequence, List<Sequence> preempted)
    {
        while (!blocks.TryGrow(sequence, sequence.Tokens.Count))
        {
            var youngest = _running[^1];
            Preempt(youngest);
            preempted.Add(youngest);
            if (youngest == sequence)
            {
                return false;
            }
        }

        return true;
    }

    private void Preempt(Sequence sequence)
    {
        _running.Remove(sequence);
        Free(sequence);
        _waiting.AddFirst(sequence);
    }

    private void Free(Sequence sequence)
    {
        blocks.Release(sequence);
        slots.Release(sequence.Adapter);
        sequence.Slot = 0;
    }
}
