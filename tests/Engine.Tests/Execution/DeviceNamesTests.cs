using Herd.Engine.Execution;
using TorchSharp;
using Xunit;

namespace Herd.Engine.Tests.Execution;

public sealed class DeviceNamesTests
{
    [Theory]
    [InlineData("cpu", 1)]
    [InlineData("cpu:3", 1)]
    [InlineData("cpu:0+cpu:1", 2)]
    [InlineData("cpu:2+cpu:0+cpu:1", 3)]
    public void Parse_CpuDevices_AreOneMemory(string names, int count)
    {
        var devices = DeviceNames.Parse(names);

        Assert.Equal(count, devices.Count);
        Assert.All(devices, device => Assert.Equal(DeviceType.CPU, device.type));
        Assert.Equal(names, string.Join('+', DeviceNames.Split(names)));
    }

    [Theory]
    [InlineData("", "is not a device's name")]
    [InlineData("gpu:0", "is not a device's name")]
    [InlineData("cpu:", "is not a device's name")]
    [InlineData("cpu:-1", "is not a device's name")]
    [InlineData("cpu:0+", "is not a device's name")]
    [InlineData("cpu:0 + cpu:1", "is not a device's name")]
    [InlineData("cuda:99999999999", "is not a device's name")]
    [InlineData("cpu:0+cpu:0", "names a device twice")]
    [InlineData("cpu+cpu:0", "names a device twice")]
    [InlineData("cpu:0+cuda:0", "mixes kinds")]
    [InlineData("cuda:900", "is not there")]
    [InlineData("cuda:0+cuda:900", "is not there")]
    public void Parse_WhatIsNoDevice_IsRefused(string names, string told)
    {
        var error = Assert.Throws<EngineException>(() => DeviceNames.Parse(names));

        Assert.Equal(EngineErrorCode.InvalidRequest, error.Code);
        Assert.StartsWith($"The device '{names}' {told}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LoadAsync_MoreDevicesThanLayers_IsRefused()
    {
        var error = await Assert.ThrowsAsync<EngineException>(() => TinyModel.LoadAsync(TinyModel.Options with { Device = string.Join('+', Enumerable.Range(0, 9).Select(index => $"cpu:{index}")) }));

        Assert.Contains("at most one for each of the base's 8 layers", error.Message, StringComparison.Ordinal);
    }
}
