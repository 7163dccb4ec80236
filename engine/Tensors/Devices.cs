using TorchSharp;
using static TorchSharp.torch;

namespace Herd.Engine.Tensors;

/// <summary>Tells devices apart.</summary>
internal static class Devices
{
    /// <summary>Equal for two handles on the same device.</summary>
    /// <param name="device">The device.</param>
    /// <returns>Kind and index.</returns>
    public static (DeviceType Type, int Index) Key(this Device device) => (device.type, device.index);
}
