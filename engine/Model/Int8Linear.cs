using TorchSharp;
using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>A matrix in whole numbers of 8 bits, with a scale for each group of neighbours in a row: <c>W[o, i] = q[o, i] * s[o, i / group]</c>, q from -127 to 127.</summary>
/// <remarks>
/// <para>A product first makes the whole matrix in the model's type, which is freed with it: one matrix at a time. What it makes does not depend on the rows,
/// so a row gets the same bits in any company, as with <see cref="DenseLinear"/>.</para>
/// <para>The error of a value is at most half its group's scale, which is a 127th of the group's largest magnitude. docs/design/0015.</para>
/// </remarks>
internal sealed class Int8Linear : LinearWeight
{
    private const long PieceValues = 1 << 20;
    private const float Largest = 127;

    private readonly Tensor _values; // [out, in], int8
    private readonly Tensor _scales; // [out, groups], Float32; the last group may be narrower
    private readonly int _group;
    private readonly ScalarType _dtype;

    /// <summary>Takes values and scales.</summary>
    /// <param name="values">[out, in], int8.</param>
    /// <param name="scales">[out, groups], Float32, with <see cref="GroupsOf"/> groups.</param>
    /// <param name="group">Neighbours in a row that share a scale.</param>
    /// <param name="dtype">The model's type.</param>
    public Int8Linear(Tensor values, Tensor scales, int group, ScalarType dtype)
    {
        (_values, _scales, _group, _dtype) = (values, scales, group, dtype);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> Tensors => [_values, _scales];

    /// <inheritdoc/>
    public override long Parameters => _values.NumberOfElements;

    /// <summary>Number of groups of a row.</summary>
    /// <param name="width">Values of the row.</param>
    /// <param name="group">Neighbours that share a scale.</param>
    /// <returns>The number; the last group may be narrower.</returns>
    public static int GroupsOf(int width, int group) => (width + group - 1) / group;

    /// <summary>Rounds a matrix to whole numbers, symmetrically.</summary>
    /// <param name="matrix">[out, in], Float32.</param>
    /// <param name="group">Neighbours in a row that share a scale.</param>
    /// <returns>Values [out, in], int8, and scales [out, groups], Float32; owned by the caller's scope.</returns>
    public static (Tensor Values, Tensor Scales) Quantize(Tensor matrix, int group)
    {
        using var scope = NewDisposeScope();
        using var largest = Largest.ToScalar();
        using var smallest = (-Largest).ToScalar();
        using var one = 1f.ToScalar();
        using var zero = 0f.ToScalar();
        var groups = Grouped(matrix, group);
        var scales = groups.abs().amax([2]).div(largest); // [out, groups]
        var divisors = scales.masked_fill(scales.eq(zero), one).unsqueeze(2); // a group of zeros has scale 0
        var values = groups.div(divisors).round().clamp_(smallest, largest).to(ScalarType.Int8);
        return (Ungrouped(values, matrix.shape[1]).contiguous().MoveToOuterDisposeScope(), scales.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public override Tensor Product(Tensor rows)
    {
        using var scope = NewDisposeScope();
        return nn.functional.linear(rows, Dequantized()).MoveToOuterDisposeScope();
    }

    /// <summary>The matrix that products use.</summary>
    /// <returns>[out, in], model's type, fresh.</returns>
    public Tensor Dequantized()
    {
        var (height, width) = (_values.shape[0], _values.shape[1]);
        var matrix = empty([height, width], _dtype, _values.device);
        var step = Math.Max(1, PieceValues / width);
        for (long first = 0; first < height; first += step)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(step, height - first);
            var groups = Grouped(_values.narrow(0, first, count), _group).to(ScalarType.Float32);
            groups.mul_(_scales.narrow(0, first, count).unsqueeze(2));
            matrix.narrow(0, first, count).copy_(Ungrouped(groups, width));
        }

        return matrix;
    }

    /// <summary>[rows, width] to [rows, groups, group], with zeros behind the last value.</summary>
    private static Tensor Grouped(Tensor rows, int group)
    {
        var missing = (group - (rows.shape[1] % group)) % group;
        return (missing == 0 ? rows : nn.functional.pad(rows, [0, missing])).view(rows.shape[0], -1, group);
    }

    private static Tensor Ungrouped(Tensor groups, long width) => groups.view(groups.shape[0], -1).narrow(1, 0, width);
}
