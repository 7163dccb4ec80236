using System.Diagnostics;
using Herd.Engine;
using static TorchSharp.torch;

namespace Herd.Fuzz;

/// <summary>Runs inputs of one target and holds each to the contract: an engine's error or a sound result, in bounded time and memory, nothing left behind.</summary>
internal sealed class Attack(FuzzTarget target, int seed)
{
    private const int CheckTensorsEvery = 64;
    private const long MostResident = 512L << 20;

    /// <summary>Longest time for one input.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly Outcome _outcome = new(target.Name);

    /// <summary>Told the number of each input before it is read.</summary>
    public Action<long>? Beginning { get; init; }

    /// <summary>Makes an input again.</summary>
    public byte[] Input(long index) => target.Make(new Random(HashCode(target.Name, seed, index)));

    /// <summary>Reads inputs.</summary>
    /// <param name="first">Number of the first.</param>
    /// <param name="count">How many.</param>
    /// <returns>What came of them.</returns>
    public Outcome Run(long first, long count)
    {
        var watch = Stopwatch.StartNew();
        var tensors = Tensor.TotalCount;
        for (var index = first; index < first + count; index++)
        {
            Beginning?.Invoke(index);
            RunOne(index);
            if (index % CheckTensorsEvery == 0 && Tensor.TotalCount is var left && left != tensors)
            {
                Report(index, $"{left - tensors} tensors were left behind");
                tensors = left;
            }
        }

        _outcome.Seconds = watch.Elapsed.TotalSeconds;
        _outcome.PeakResident = Process.GetCurrentProcess().PeakWorkingSet64;
        if (_outcome.PeakResident > MostResident)
        {
            Report(first, $"{_outcome.PeakResident >> 20} MiB were resident");
        }

        return _outcome;
    }

    private void RunOne(long index)
    {
        var input = Input(index);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var started = Stopwatch.GetTimestamp();
        _outcome.Inputs++;
        try
        {
            target.Read(input);
        }
        catch (EngineException error) when (error.Message.Length is > 0 and < 4000)
        {
            _outcome.Refused++;
        }
        catch (Exception error)
        {
            Report(index, $"{error.GetType().Name}: {error.Message} {error.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("Herd.Engine", StringComparison.Ordinal))?.Trim()}");
        }

        var elapsed = Stopwatch.GetElapsedTime(started);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        _outcome.SlowestMilliseconds = Math.Max(_outcome.SlowestMilliseconds, elapsed.TotalMilliseconds);
        _outcome.MostAllocated = Math.Max(_outcome.MostAllocated, allocated);
        if (elapsed > Limit)
        {
            Report(index, $"it took {elapsed.TotalSeconds:F1} s");
        }

        if (allocated > target.Allocated + (target.AllocatedPerByte * input.Length))
        {
            Report(index, $"{allocated} bytes were allocated for {input.Length} bytes of input");
        }
    }

    private void Report(long index, string what) => _outcome.Findings.Add(new Finding(target.Name, seed, index, what));

    /// <summary>The same in every process, unlike the framework's own.</summary>
    private static int HashCode(string name, int seed, long index)
    {
        var hash = 2166136261u;
        foreach (var part in $"{name}/{seed}/{index}")
        {
            hash = (hash ^ part) * 16777619u;
        }

        return (int)hash;
    }
}
