using Herd.Engine.KvCache;
using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>What a step tells the layers on one device. Its tensors belong to the scope that is open when it is made.</summary>
internal sealed class StepTensors
{
    /// <summary>Makes the tensors.</summary>
    /// <param name="placed">The segments in the order of their rows.</param>
    /// <param name="dtype">The model's type.</param>
    /// <param name="device">The device.</param>
    public StepTensors(IReadOnlyList<PlacedSegment> placed, ScalarType dtype, Device device)
    {
        IEnumerable<long> PerRow(Func<PlacedSegment, int, long> value) => placed.SelectMany(segment => segment.Positions.Select(position => value(segment, position)));
        Rows = placed.Sum(segment => segment.Count);
        Ids = PackedStep.Padded([.. placed.SelectMany(segment => segment.Segment.Ids.Select(id => (long)id))], device);
        Positions = PackedStep.Padded([.. PerRow((_, position) => position)], device);
        Blocks = tensor(PerRow((segment, position) => segment.Segment.Blocks[position / BlockAllocator.BlockTokens]).ToArray(), device: device);
        Offsets = tensor(PerRow((_, position) => position % BlockAllocator.BlockTokens).ToArray(), device: device);
        Slots = SlotsOf(placed, device);
        Segments = [.. placed.Select(segment => new SegmentTensors(segment, dtype, device))];
    }

    /// <summary>Number of rows that belong to segments.</summary>
    public int Rows { get; }

    /// <summary>Token ids, [padded rows], int64.</summary>
    public Tensor Ids { get; }

    /// <summary>Positions, [padded rows], int64.</summary>
    public Tensor Positions { get; }

    /// <summary>Cache block of each row, [rows], int64.</summary>
    public Tensor Blocks { get; }

    /// <summary>Place in its block of each row, [rows], int64.</summary>
    public Tensor Offsets { get; }

    /// <summary>The rows' slots.</summary>
    public RowSlots Slots { get; }

    /// <summary>The segments in the order of their rows.</summary>
    public IReadOnlyList<SegmentTensors> Segments { get; }

    private static RowSlots SlotsOf(IReadOnlyList<PlacedSegment> placed, Device device)
    {
        var decodes = placed.Where(segment => segment.Segment.IsDecode).Select(segment => segment.Segment.Slot);
        var prompts = placed.Where(segment => !segment.Segment.IsDecode).Select(segment => new RowRange(segment.FirstRow, segment.Count, segment.Segment.Slot));
        return new RowSlots([.. decodes], [.. prompts], device);
    }
}

/// <summary>What attention needs of a segment on one device.</summary>
internal sealed class SegmentTensors
{
    /// <summary>Makes the tensors.</summary>
    /// <param name="placed">The segment.</param>
    /// <param name="dtype">The model's type.</param>
    /// <param name="device">The device.</param>
    public SegmentTensors(PlacedSegment placed, ScalarType dtype, Device device)
    {
        var blocks = placed.Segment.Blocks.Take(BlockAllocator.BlocksFor(placed.Total)).Select(block => (long)block).ToArray();
        Placed = placed;
        Blocks = tensor(blocks, device: device);
        Tiles = [.. AttentionTile.Of(placed.Segment, placed.FirstRow, dtype, device)];
    }

    /// <summary>The segment.</summary>
    public PlacedSegment Placed { get; }

    /// <summary>The sequence's blocks, [n], int64.</summary>
    public Tensor Blocks { get; }

    /// <summary>Its rows as they attend together.</summary>
    public IReadOnlyList<AttentionTile> Tiles { get; }
}
