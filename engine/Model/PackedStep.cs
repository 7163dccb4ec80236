using Herd.Engine.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>A step: the rows of all segments in one matrix, generated tokens first and sorted by slot, then prompt chunks; as tensors once on each device.</summary>
/// <remarks>Its tensors belong to the scope that is open when it is made.</remarks>
internal sealed class PackedStep
{
    /// <summary>libtorch's float32 products give a row the same bits whatever surrounds it only when the number of rows is a multiple of this.</summary>
    public const int RowMultiple = 4;

    private readonly Dictionary<(DeviceType, int), StepTensors> _tensors = [];

    /// <summary>Packs segments.</summary>
    /// <param name="segments">The segments, at least one.</param>
    /// <param name="dtype">The model's type.</param>
    /// <param name="devices">The model's devices.</param>
    public PackedStep(IEnumerable<Segment> segments, ScalarType dtype, IEnumerable<Device> devices)
    {
        var ordered = segments.OrderBy(segment => !segment.IsDecode).ThenBy(segment => segment.Slot).ToArray();
        var placed = new List<PlacedSegment>();
        foreach (var segment in ordered)
        {
            placed.Add(new PlacedSegment(segment, Rows));
            Rows += segment.Ids.Count;
        }

        Segments = placed;
        foreach (var device in devices.DistinctBy(Devices.Key))
        {
            _tensors.Add(device.Key(), new StepTensors(placed, dtype, device));
        }
    }

    /// <summary>Number of rows that belong to segments; the matrix has up to three more, whose values mean nothing.</summary>
    public int Rows { get; }

    /// <summary>The segments in the order of their rows.</summary>
    public IReadOnlyList<PlacedSegment> Segments { get; }

    /// <summary>The step's tensors on a device.</summary>
    /// <param name="device">One of those it was made for.</param>
    /// <returns>The tensors, borrowed.</returns>
    public StepTensors On(Device device) => _tensors[device.Key()];

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
}

/// <summary>A segment with its place in a step.</summary>
/// <param name="Segment">The segment.</param>
/// <param name="FirstRow">Its first row.</param>
internal sealed record PlacedSegment(Segment Segment, int FirstRow)
{
    /// <summary>Number of its rows.</summary>
    public int Count => Segment.Ids.Count;

    /// <summary>Tokens in the cache once this step is stored.</summary>
    public int Total => Segment.Past + Count;

    /// <summary>Its positions, in order.</summary>
    public IEnumerable<int> Positions => Enumerable.Range(Segment.Past, Count);
}
