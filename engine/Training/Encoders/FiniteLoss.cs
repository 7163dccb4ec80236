using TorchSharp;
using static TorchSharp.torch;

namespace Herd.Engine.Training.Encoders;

/// <summary>The end of a task's batch.</summary>
internal static class FiniteLoss
{
    /// <summary>Adds a loss's gradients.</summary>
    /// <param name="loss">The loss, a scalar, Float32.</param>
    /// <param name="scale">What the gradients are multiplied by.</param>
    /// <param name="suspect">What is named where the loss is not finite.</param>
    /// <returns>The loss, not multiplied.</returns>
    /// <exception cref="DivergedException">The loss is not finite; no gradient was added.</exception>
    public static float Backward(Tensor loss, double scale, string suspect)
    {
        var value = loss.item<float>();
        if (!float.IsFinite(value))
        {
            throw new DivergedException(suspect);
        }

        using var factor = scale.ToScalar();
        loss.mul(factor).backward();
        return value;
    }
}
