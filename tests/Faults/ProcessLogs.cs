using System.Collections.Concurrent;

namespace Herd.Faults;

/// <summary>What the cluster's processes write, a file for each, dated by the run's clock.</summary>
internal sealed class ProcessLogs(string folder) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<TextWriter>> _files = new(StringComparer.Ordinal);
    private RunClock? _clock;

    public string Folder => folder;

    /// <summary>The load begins.</summary>
    public void Begin(RunClock clock) => _clock = clock;

    /// <summary>A process wrote a line.</summary>
    public void Write(string process, string line) =>
        _files.GetOrAdd(process, name => new Lazy<TextWriter>(() => Open(name))).Value.WriteLine($"{_clock?.Now.TotalSeconds,8:F1} {line}");

    /// <summary>Nobody needs them.</summary>
    public void Delete()
    {
        Dispose();
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public void Dispose()
    {
        foreach (var file in _files.Values)
        {
            file.Value.Dispose();
        }
    }

    private TextWriter Open(string name)
    {
        Directory.CreateDirectory(folder);
        return TextWriter.Synchronized(new StreamWriter(Path.Combine(folder, $"{name}.log")) { AutoFlush = true });
    }
}
