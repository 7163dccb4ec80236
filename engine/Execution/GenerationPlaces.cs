namespace Herd.Engine.Execution;

/// <summary>How many generations there may be, running, waiting or being prepared. Thread-safe.</summary>
/// <param name="most">The most.</param>
internal sealed class GenerationPlaces(int most)
{
    private int _taken;

    /// <summary>Places taken.</summary>
    public int Taken => Volatile.Read(ref _taken);

    /// <summary>Takes a place. Whoever gets none has cost nothing yet.</summary>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.Overloaded"/>: all are taken.</exception>
    public void Enter()
    {
        if (Interlocked.Increment(ref _taken) > most)
        {
            Leave();
            throw new EngineException(EngineErrorCode.Overloaded, $"{most} generations run or wait already, the most there can be. Try again later.");
        }
    }

    /// <summary>Gives a place back.</summary>
    public void Leave() => Interlocked.Decrement(ref _taken);
}
