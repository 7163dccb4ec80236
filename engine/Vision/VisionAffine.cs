using static TorchSharp.torch;

namespace Herd.Engine.Vision;

/// <summary>The weight and bias of one linear map or one layer norm; borrowed from the owner of the encoder they belong to.</summary>
/// <param name="Weight">[out, in] of a linear map, [width] of a norm (Float32).</param>
/// <param name="Bias">[out] of a linear map, [width] of a norm (Float32).</param>
internal sealed record VisionAffine(Tensor Weight, Tensor Bias)
{
    private const double Epsilon = 1e-5;

    /// <summary><c>x W^T + b</c> over the last axis.</summary>
    /// <param name="x">[..., in], dtype of the weight.</param>
    /// <returns>[..., out], same dtype; belongs to the caller's scope.</returns>
    public Tensor Map(Tensor x) => nn.functional.linear(x, Weight, Bias);

    /// <summary>Layer norm over the last axis, computed in Float32.</summary>
    /// <param name="x">[..., width], any float dtype.</param>
    /// <returns>Shape and dtype of <paramref name="x"/>; belongs to the caller's scope.</returns>
    public Tensor Normalise(Tensor x)
    {
        using var scope = NewDisposeScope();
        var normalised = nn.functional.layer_norm(x.to(ScalarType.Float32), [Weight.shape[0]], Weight, Bias, Epsilon);
        return normalised.to(x.dtype).MoveToOuterDisposeScope();
    }
}
