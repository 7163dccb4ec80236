using System.Globalization;
using Herd.Engine.Bases;
using Herd.Silo.Devices;

namespace Herd.Gateway.Hosting;

/// <summary>Compares what a base needs with what the machine has, before the machine finds out by itself.</summary>
internal static class MemoryCheck
{
    private const string MemoryFile = "/proc/meminfo";
    private const double BytesPerGiB = 1L << 30;

    /// <summary>Throws where the weights cannot fit into the memory that is available.</summary>
    /// <param name="config">The base's sizes.</param>
    /// <param name="replica">How it is served.</param>
    /// <exception cref="StartupException">They cannot.</exception>
    public static void Require(LlamaConfig config, ReplicaOptions replica)
    {
        if (replica.Device.StartsWith("cpu", StringComparison.Ordinal))
        {
            Require(ValuesOf(config), replica.Dtype, AvailableBytes());
        }
    }

    /// <summary>Throws where so many values do not fit.</summary>
    /// <param name="values">Number of weights.</param>
    /// <param name="dtype">Their type, <c>bfloat16</c> or <c>float32</c>.</param>
    /// <param name="availableBytes">The memory there is.</param>
    /// <exception cref="StartupException">They do not.</exception>
    internal static void Require(long values, string dtype, long availableBytes)
    {
        var needed = values * (dtype == "float32" ? sizeof(float) : sizeof(short));
        if (needed > availableBytes)
        {
            var cure = dtype == "float32" ? "Serve it with --dtype bfloat16, free memory, or take" : "Free memory, or take";
            throw new StartupException(
                $"The base needs {needed / BytesPerGiB:F1} GiB of memory for its weights in {dtype}; "
                + $"{availableBytes / BytesPerGiB:F1} GiB are available.",
                $"{cure} a smaller base or a larger machine.");
        }
    }

    /// <summary>Number of weights of a base.</summary>
    /// <param name="config">Its sizes.</param>
    /// <returns>Embedding, output and blocks; the norms are too few to count.</returns>
    internal static long ValuesOf(LlamaConfig config)
    {
        long width = config.Width;
        var attention = 2 * width * (width + ((long)config.KvHeads * config.HeadWidth));
        var block = attention + (3 * width * config.FeedForwardWidth);
        return (config.Layers * block) + ((config.TiedEmbeddings ? 1 : 2) * width * config.Vocabulary);
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
