namespace Herd.Engine.Execution;

/// <summary>
/// How many generations there may be, running, waiting or being prepared. A scope that has none finds room beyond that, or one that fills the queue would have all
/// others refused. Thread-safe.
/// </summary>
/// <param name="most">The most.</param>
/// <param name="newcomers">Most scopes that are let in, with one generation each, where all places are taken.</param>
internal sealed class GenerationPlaces(int most, int newcomers)
{
    private const int MostNewcomers = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _inside = [];
    private int _taken;

    /// <summary>Places taken.</summary>
    public int Taken => Volatile.Read(ref _taken);

    /// <summary>The places of an engine. Where nobody is to wait, newcomers are not either.</summary>
    /// <param name="options">The engine's options.</param>
    /// <returns>The places.</returns>
    public static GenerationPlaces Of(EngineOptions options) =>
        new(options.MaxRunningSequences + options.MaxWaitingSequences, Math.Min(options.MaxWaitingSequences, MostNewcomers));

    /// <summary>Takes a place. Whoever gets none has cost nothing yet.</summary>
    /// <param name="scope">Whose generation it is.</param>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.Overloaded"/>: all are taken.</exception>
    public void Enter(string scope)
    {
        lock (_gate)
        {
            var own = _inside.GetValueOrDefault(scope);
            if (_taken >= most + (own == 0 && _inside.Count > 0 ? newcomers : 0))
            {
                throw new EngineException(EngineErrorCode.Overloaded, $"{most} generations run or wait already, the most there can be. Try again later.");
            }

            _inside[scope] = own + 1;
            _taken++;
        }
    }

    /// <summary>Gives a place back.</summary>
    /// <param name="scope">Whose it was.</param>
    public void Leave(string scope)
    {
        lock (_gate)
        {
            _taken--;
            if (--_inside[scope] == 0)
            {
                _inside.Remove(scope);
            }
        }
    }
}
