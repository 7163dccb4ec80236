using Herd.Engine.Execution;
using Herd.Silo.Devices;

namespace Herd.Silo.Tests.Devices;

/// <summary>What a replica's options mean to the engine.</summary>
public sealed class ReplicaOptionsTests
{
    [Theory]
    [InlineData("float32", "cpu:0", EngineDtype.Float32)]
    [InlineData("bfloat16", "cpu:0", EngineDtype.BFloat16)]
    [InlineData("auto", "cuda:0", EngineDtype.BFloat16)]
    [InlineData("float32", "cuda:0", EngineDtype.Float32)]
    public void Dtype_IsTheArithmetic(string dtype, string device, EngineDtype arithmetic) =>
        Assert.Equal(arithmetic, new ReplicaOptions { Base = "base", Device = device, Dtype = dtype }.ToEngineOptions(device).Dtype);

    [Fact]
    public void Dtype_NotChosen_IsTheOneThisProcessorIsFastIn() =>
        Assert.Equal(EngineDtypes.FastestHere, new ReplicaOptions { Base = "base" }.ToEngineOptions("cpu:0").Dtype);
}
