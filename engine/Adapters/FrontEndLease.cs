using Herd.Engine.Vision;
using static TorchSharp.torch;

namespace Herd.Engine.Adapters;

/// <summary>A version's hold on its visual front end.</summary>
internal sealed class FrontEndLease(FrontEndPool pool, FrontEndKey key, PlacedFrontEnd placed) : IDisposable
{
    private int _given;

    /// <summary>Which front end it is.</summary>
    public FrontEndKey Key => key;

    /// <summary>The one in host memory, borrowed.</summary>
    public VisualFrontEnd Host => placed.Host;

    /// <summary>The one on a device, borrowed. Device thread only.</summary>
    /// <param name="device">The device.</param>
    public VisualFrontEnd On(Device device) => placed.On(device);

    /// <summary>Gives the hold back; doing it twice is no error.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _given, 1) == 0)
        {
            pool.Release(key);
        }
    }
}
