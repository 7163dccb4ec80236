using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using static TorchSharp.torch;

namespace Herd.Engine.Training.Parameters;

/// <summary>Initial values, each tensor's from a seed and its own name: the same whatever else is made, and in whatever order.</summary>
internal static class RandomValues
{
    /// <summary>Normally distributed values around 0.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="shape">The tensor's shape.</param>
    /// <param name="deviation">Their standard deviation.</param>
    /// <returns>Float32, CPU; belongs to the caller's scope.</returns>
    public static Tensor Normal(string name, long seed, long[] shape, double deviation)
    {
        using var generator = Of(name, seed);
        using var factor = TorchSharp.ScalarExtensionMethods.ToScalar(deviation);
        return randn(shape, ScalarType.Float32, generator: generator).mul_(factor);
    }

    /// <summary>Evenly distributed values, as PyTorch starts linear maps: up to one over the root of their number of inputs, both signs.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="shape">The tensor's shape.</param>
    /// <param name="inputs">Number of inputs of the linear map.</param>
    /// <returns>Float32, CPU; belongs to the caller's scope.</returns>
    public static Tensor Linear(string name, long seed, long[] shape, long inputs)
    {
        using var generator = Of(name, seed);
        var bound = 1 / Math.Sqrt(inputs);
        return empty(shape, ScalarType.Float32).uniform_(-bound, bound, generator);
    }

    private static Generator Of(string name, long seed)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}\0{name}"));
        return new Generator(BinaryPrimitives.ReadUInt64LittleEndian(hash));
    }
}
