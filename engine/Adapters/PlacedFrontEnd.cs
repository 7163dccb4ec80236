using Herd.Engine.Vision;
using TorchSharp;
using static TorchSharp.torch;

namespace Herd.Engine.Adapters;

/// <summary>A visual front end in host memory, and its copy on each other device that has computed with it.</summary>
/// <remarks>Owner: <see cref="FrontEndPool"/>, under whose lock the holds are counted and all of it is freed. Copies are made by the device thread alone.</remarks>
internal sealed class PlacedFrontEnd(VisualFrontEnd host) : IDisposable
{
    private readonly Dictionary<(DeviceType, int), VisualFrontEnd> _copies = [];

    /// <summary>The one in host memory.</summary>
    public VisualFrontEnd Host => host;

    /// <summary>Bytes it takes in host memory.</summary>
    public long HostBytes { get; } = host.Bytes;

    /// <summary>Holds that have not been given back.</summary>
    public int Leases { get; set; }

    /// <summary>The one on a device, copied there the first time.</summary>
    /// <param name="device">The device; the CPU computes with the one in host memory.</param>
    /// <returns>The front end, borrowed.</returns>
    public VisualFrontEnd On(Device device)
    {
        if (device.type == DeviceType.CPU)
        {
            return host;
        }

        if (!_copies.TryGetValue((device.type, device.index), out var copy))
        {
            copy = host.CopyTo(device);
            _copies.Add((device.type, device.index), copy);
        }

        return copy;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        host.Dispose();
        foreach (var copy in _copies.Values)
        {
            copy.Dispose();
        }
    }
}
