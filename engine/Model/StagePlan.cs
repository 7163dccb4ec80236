using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>Neighbouring layers that are computed on one device.</summary>
/// <param name="Device">The device.</param>
/// <param name="First">The first layer.</param>
/// <param name="Count">Number of layers, at least 1.</param>
internal sealed record StagePlan(Device Device, int First, int Count)
{
    /// <summary>The layers by their number in the base.</summary>
    public IEnumerable<int> Layers => Enumerable.Range(First, Count);

    /// <summary>Divides layers of equal size so that each stage holds about the same number of bytes. docs/design/0016.</summary>
    /// <param name="devices">One device for each stage, in order; at most as many as layers.</param>
    /// <param name="layers">Number of layers.</param>
    /// <param name="bytes">What they hold.</param>
    /// <returns>The stages, without a gap.</returns>
    public static IReadOnlyList<StagePlan> Divide(IReadOnlyList<Device> devices, int layers, StageBytes bytes)
    {
        var share = (bytes.Embedding + (layers * bytes.Layer) + bytes.Output) / (double)devices.Count;
        var stages = new List<StagePlan>();
        for (var (stage, first) = (0, 0); stage < devices.Count; stage++)
        {
            // Where the shares up to this one end, less what the embedding takes of them; each later stage keeps a layer.
            var later = devices.Count - 1 - stage;
            var end = later == 0 ? layers : (int)Math.Round((((stage + 1) * share) - bytes.Embedding) / bytes.Layer);
            end = Math.Clamp(end, first + 1, layers - later);
            stages.Add(new StagePlan(devices[stage], first, end - first));
            first = end;
        }

        return stages;
    }
}

/// <summary>Bytes that the parts of a base take.</summary>
/// <param name="Layer">A layer.</param>
/// <param name="Embedding">The embedding, on the first device.</param>
/// <param name="Output">The output matrix, on the last device.</param>
internal sealed record StageBytes(long Layer, long Embedding, long Output);
