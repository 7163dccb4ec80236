using System.Globalization;
using System.Text.RegularExpressions;
using TorchSharp;
using static TorchSharp.torch;

namespace Herd.Engine.Execution;

/// <summary>Names of devices: <c>cpu</c>, <c>cpu:N</c>, <c>cuda</c>, <c>cuda:N</c>; joined by + where an engine splits its layers over several.</summary>
public static partial class DeviceNames
{
    private const char Separator = '+';
    private const string Forms = "cpu:N or cuda:N, or several of one kind joined by + (cuda:0+cuda:1)";

    /// <summary>The single devices behind a name.</summary>
    /// <param name="names">As in <see cref="EngineOptions.Device"/>.</param>
    /// <returns>Each one's name, in order.</returns>
    public static IReadOnlyList<string> Split(string names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return names.Split(Separator);
    }

    /// <summary>Finds the devices.</summary>
    /// <param name="names">As in <see cref="EngineOptions.Device"/>.</param>
    /// <returns>libtorch's devices, in order. Several CPU devices are one device to it: sets of cores over one memory.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>: not a name, named twice, of several kinds, or not there.</exception>
    internal static IReadOnlyList<Device> Parse(string names)
    {
        var found = Split(names).Select(name => Name().Match(name)).ToList();
        EngineException Refuse(string told) => new(EngineErrorCode.InvalidRequest, $"The device '{names}' {told}: expected {Forms}.");
        if (found.Any(match => !match.Success))
        {
            throw Refuse("is not a device's name");
        }

        var devices = found.Select(match => (Kind: match.Groups[1].Value, Index: match.Groups[2].Success ? int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture) : 0)).ToList();
        if (devices.Distinct().Count() < devices.Count)
        {
            throw Refuse("names a device twice");
        }

        if (devices.DistinctBy(device => device.Kind).Count() > 1)
        {
            throw Refuse("mixes kinds");
        }

        if (devices[0].Kind == "cpu")
        {
            return [.. devices.Select(_ => CPU)];
        }

        var count = cuda.is_available() ? cuda.device_count() : 0;
        return devices.All(device => device.Index < count)
            ? [.. devices.Select(device => new Device(DeviceType.CUDA, device.Index))]
            : throw Refuse($"is not there, this program sees {count} CUDA devices (they need a build with -p:TorchBackend=cuda)");
    }

    [GeneratedRegex(@"^(cpu|cuda)(?::([0-9]{1,3}))?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
