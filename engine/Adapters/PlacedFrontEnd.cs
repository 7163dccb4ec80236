using Herd.Engine.Vision;
using TorchSharp;
using static TorchSharp.torch;

namespace Herd.Engine.Adapters;

/// <summary>A visual front end in host memory, and its copy on the GPU that computes with it.</summary>
/// <remarks>Owner: <see cref="FrontEndPool"/>, under whose lock the holds are counted and all of it is freed. The copy is made by the device thread alone.</remarks>
internal sealed class PlacedFrontEnd(VisualFrontEnd host) : IDisposable
{
    private VisualFrontEnd? _copy;

    /// <summary>The one in host memory.</summary>
    public VisualFrontEnd Host => host;

    /// <summary>Bytes it takes in host memory.</summary>
    public long HostBytes { get; } = host.Bytes;

    /// <summary>Holds that have not been given back.</summary>
    public int Leases { get; set; }

    /// <summary>The one on a device, copied there the first time.</summary>
    /// <param name="device">The device of the image encoder, always the same; the CPU computes with the one in host memory.</param>
    /// <returns>The front end, borrowed.</returns>
    public VisualFrontEnd On(Device device) => device.type == DeviceType.CPU ? host : _copy ??= host.CopyTo(device);

    /// <inheritdoc/>
    public void Dispose()
    {
        host.Dispose();
        _copy?.Dispose();
    }
}
