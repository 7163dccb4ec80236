using static TorchSharp.torch;

namespace Herd.Engine.Training.Optimization;

/// <summary>What AdamW remembers of a tensor.</summary>
/// <param name="mean">Mean of its gradients, the tensor's shape, Float32.</param>
/// <param name="square">Mean of their squares, likewise.</param>
/// <param name="steps">Times the tensor was moved.</param>
internal sealed class Moments(Tensor mean, Tensor square, long steps) : IDisposable
{
    /// <summary>Mean of its gradients.</summary>
    public Tensor Mean => mean;

    /// <summary>Mean of their squares.</summary>
    public Tensor Square => square;

    /// <summary>Times the tensor was moved.</summary>
    public long Steps { get; set; } = steps;

    /// <inheritdoc/>
    public void Dispose()
    {
        mean.Dispose();
        square.Dispose();
    }
}
