using System.Globalization;
using Herd.Engine.Bases;
using Herd.Engine.Execution;
using Herd.Silo.Devices;

namespace Herd.Silo.Startup;

/// <summary>Compares what a base needs with what the machine has, before the machine finds out by itself.</summary>
internal static class MemoryCheck
{
    private const string MemoryFile = "/proc/meminfo";
    private const string Int8 = "int8";
    private const double BytesPerGiB = 1L << 30;

    /// <summary>Throws where the weights cannot fit into the memory that is available.</summary>
    /// <param name="folder">The base.</param>
    /// <param name="replica">How it is served.</param>
    /// <exception cref="StartupException">They cannot.</exception>
    public static void Require(BaseFolder folder, ReplicaOptions replica)
    {
        if (replica.Device.StartsWith("cpu", StringComparison.Ordinal))
        {
            Require(folder.Config, replica.Arithmetic.Name(), folder.Int8Group is not null || replica.Weights == Int8, AvailableBytes());
        }
    }

    /// <summary>Throws where a base's weights do not fit.</summary>
    /// <param name="config">Its sizes.</param>
    /// <param name="dtype">Their type, <c>bfloat16</c> or <c>float32</c>.</param>
    /// <param name="int8">Whether the matrices of the blocks are in 8 bits.</param>
    /// <param name="availableBytes">The memory there is.</param>
    /// <exception cref="StartupException">They do not.</exception>
    internal static void Require(LlamaConfig config, string dtype, bool int8, long availableBytes)
    {
        var needed = BytesOf(config, dtype, int8);
        if (needed <= availableBytes)
        {
            return;
        }

        var smaller = (dtype, int8) switch
        {
            ("float32", _) => "Serve it with --dtype bfloat16, free memory, or take",
            (_, false) => "Serve it with --weights int8, free memory, or take",
            _ => "Free memory, or take",
        };
        throw new StartupException(
            $"The base needs {needed / BytesPerGiB:F1} GiB of memory for its weights in {(int8 ? Int8 : dtype)}; "
            + $"{availableBytes / BytesPerGiB:F1} GiB are available.",
            $"{smaller} a smaller base or a larger machine.");
    }

    /// <summary>Bytes of a base's weights.</summary>
    /// <param name="config">Its sizes.</param>
    /// <param name="dtype">Their type.</param>
    /// <param name="int8">Whether the matrices of the blocks are in 8 bits.</param>
    /// <returns>Embedding, output and blocks; the norms are too few to count.</returns>
    internal static long BytesOf(LlamaConfig config, string dtype, bool int8)
    {
        long width = config.Width;
        var attention = 2 * width * (width + ((long)config.KvHeads * config.HeadWidth));
        var blocks = config.Layers * (attention + (3 * width * config.FeedForwardWidth));
        var ends = (config.TiedEmbeddings ? 1 : 2) * width * config.Vocabulary;
        var size = dtype == "float32" ? sizeof(float) : sizeof(short);
        return (ends * size) + (int8 ? blocks + (blocks / BaseQuantizer.DefaultGroup * sizeof(float)) : blocks * size);
    }

    private static long AvailableBytes()
    {
        var limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var lines = File.Exists(MemoryFile) ? File.ReadLines(MemoryFile) : [];
        var words = lines.FirstOrDefault(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal))
            ?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words is { Length: > 1 } && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var kibibytes)
            ? Math.Min(limit, kibibytes * 1024)
            : limit;
    }
}
