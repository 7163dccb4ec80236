using Herd.Engine.KvCache;
using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>A step as tensors: the rows of all segments in one matrix, generated tokens first and sorted by slot, then prompt chunks.</summary>
/// <remarks>Its tensors belong to the scope that is open when it is made.</remarks>
internal sealed class PackedStep
{
    /// <summary>libtorch's float32 products give a row the same bits whatever surrounds it only when the number of rows is a multiple of this.</summary>
    public const int RowMultiple = 4;

    /// <summary>Packs segments.</summary>
    /// <param name="segments">The segments, at least one.</param>
    /// <param name="dtype">The model's type.</param>
    /// <param name="device">The device.</param>
    public PackedStep(IEnumerable<Segment> segments, ScalarType dtype, Device device)
    {
        var ordered = segments.OrderBy(segment => !segment.IsDecode).ThenBy(segment => segment.Slot).ToArray();
        var ids = new List<long>();
        var positions = new List<long>();
        var blocks = new List<long>();
        var offsets = new List<long>();
        var placed = new List<PlacedSegment>();
        foreach (var segment in ordered)
        {
            placed.Add(new PlacedSegment(segment, ids.Count, dtype, device));
            for (var i = 0; i < segment.Ids.Count; i++)
            {
                var position = segment.Past + i;
                ids.Add(segment.Ids[i]);
                positions.Add(position);
                blocks.Add(segment.Blocks[position / BlockAllocator.BlockTokens]);
                offsets.Add(position % BlockAllocator.BlockTokens);
            }
        }

        Rows = ids.Count;
        Segments = placed;
        Ids = Padded(ids, device);
        Positions = Padded(positions, device);
        Blocks = tensor(blocks.ToArray(), device: device);
        Offsets = tensor(offsets.ToArray(), device: device);
        Slots = SlotsOf(placed, device);
    }

    /// <summary>Number of rows that belong to segments; the matrix has up to three more, whose values mean nothing.</summary>
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
    public IReadOnlyList<PlacedSegment> Segments { get; }

    /// <summary>Values per row, with zeros up to a number of rows whose products are the same bits whatever the rows are.</summary>
    /// <param name="values">One per row.</param>
    /// <param name="device">The device.</param>
    /// <returns>[padded rows], int64.</returns>
    public static Tensor Padded(IReadOnlyCollection<long> values, Device device) =>
        tensor(values.Concat(new long[(RowMultiple - (values.Count % RowMultiple)) % RowMultiple]).ToArray(), device: device);

    /// <summary>The slots of the last row of some segments.</summary>
    /// <param name="segments">The segments.</param>
    /// <param name="device">The device.</param>
    /// <returns>Their slots, as if each row were a generated token.</returns>
    public static RowSlots SlotsOfLastRows(IEnumerable<PlacedSegment> segments, Device device) =>
        new([.. segments.Select(segment => segment.Segment.Slot)], [], device);

    private static RowSlots SlotsOf(IReadOnlyList<PlacedSegment> placed, Device device)
    {
        var decodes = placed.Where(segment => segment.Segment.IsDecode).Select(segment => segment.Segment.Slot);
        var prompts = placed.Where(segment => !segment.Segment.IsDecode).Select(segment => new RowRange(segment.FirstRow, segment.Count, segment.Segment.Slot));
        return new RowSlots([.. decodes], [.. prompts], device);
    }
}

/// <summary>A segment with its place in a step.</summary>
internal sealed class PlacedSegment
{
    /// <summary>Places a segment.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="firstRow">Its first row.</param>
    /// <param name="dtype">The model's type.</param>
    /// <param name="device">The device.</param>
    public PlacedSegment(Segment segment, int firstRow, ScalarType dtype, Device device)
    {
        Segment = segment;
        FirstRow = firstRow;
        var blocks = segment.Blocks.Take(BlockAllocator.BlocksFor(Total)).Select(block => (long)block).ToArray();
        Blocks = tensor(blocks, device: device);
        Tiles = [.. AttentionTile.Of(segment, firstRow, dtype, device)];
    }

    /// <summary>The segment.</summary>
    public Segment Segment { get; }

    /// <summary>Its first row.</summary>
    public int FirstRow { get; }

    /// <summary>Number of its rows.</summary>
    public int Count => Segment.Ids.Count;

    /// <summary>Tokens in the cache once this step is stored.</summary>
    public int Total => Segment.Past + Count;

    /// <summary>The sequence's blocks, [n], int64.</summary>
    public Tensor Blocks { get; }

    /// <summary>Its rows as they attend together.</summary>
    public IReadOnlyList<AttentionTile> Tiles { get; }
}
