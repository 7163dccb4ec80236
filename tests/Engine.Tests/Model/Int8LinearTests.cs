using CsCheck;
using Herd.Engine.Model;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Model;

public sealed class Int8LinearTests
{
    // Half a step, and the rounding of the quotient in float32.
    private const float LargestError = 0.50001f;

    private static readonly Gen<(int Rows, int Width, int Group, int Seed, float Size)> AnyMatrix =
        Gen.Select(Gen.Int[1, 9], Gen.Int[1, 200], Gen.Int[1, 96], Gen.Int, Gen.Float[1e-6f, 1e6f]);

    [Fact]
    public void Quantize_AnyMatrix_ErrsByAtMostHalfAStep() => AnyMatrix.Sample(
        sketch =>
        {
            using var scope = NewDisposeScope();
            var matrix = Random(sketch.Rows, sketch.Width, sketch.Seed, sketch.Size);
            var (values, scales) = Int8Linear.Quantize(matrix, sketch.Group);
            var found = new Int8Linear(values, scales, sketch.Group, ScalarType.Float32).Dequantized().data<float>().ToArray();
            var wanted = matrix.data<float>().ToArray();
            var steps = scales.data<float>().ToArray();
            var groups = Int8Linear.GroupsOf(sketch.Width, sketch.Group);

            Assert.Equal(sketch.Rows * groups, steps.Length);
            Assert.All(Enumerable.Range(0, wanted.Length), index =>
            {
                var (row, column) = (index / sketch.Width, index % sketch.Width);
                var step = steps[(row * groups) + (column / sketch.Group)];
                Assert.InRange(Math.Abs(wanted[index] - found[index]), 0, LargestError * step);
            });
        },
        iter: 200);

    [Fact]
    public void Quantize_AnyMatrix_KeepsTheLargestOfEachGroupAndStaysSymmetric() => AnyMatrix.Sample(
        sketch =>
        {
            using var scope = NewDisposeScope();
            var matrix = Random(sketch.Rows, sketch.Width, sketch.Seed, sketch.Size);
            var (values, scales) = Int8Linear.Quantize(matrix, sketch.Group);
            var (mirrored, same) = Int8Linear.Quantize(matrix.neg(), sketch.Group);

            Assert.Equal(127, values.abs().max().item<sbyte>());
            Assert.True(values.Equals(mirrored.neg()));
            Assert.True(scales.Equals(same));
        },
        iter: 100);

    [Fact]
    public void Quantize_GroupOfZeros_StaysZero()
    {
        using var scope = NewDisposeScope();
        var matrix = cat([zeros(2, 64), ones(2, 64)], 1);
        var (values, scales) = Int8Linear.Quantize(matrix, 64);

        Assert.True(new Int8Linear(values, scales, 64, ScalarType.Float32).Dequantized().allclose(matrix));
    }

    /// <summary>Large enough to be made in several pieces.</summary>
    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Product_IsThatOfTheMatrixItStandsFor(ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        const int Width = 1000;
        const int Group = 64;
        var (values, scales) = Int8Linear.Quantize(Random(3000, Width, seed: 1, size: 0.02f), Group);
        var rows = Random(8, Width, seed: 2, size: 1).to(dtype);
        var expanded = scales.repeat_interleave(Group, 1).narrow(1, 0, Width);
        var wanted = nn.functional.linear(rows, values.to(ScalarType.Float32).mul(expanded).to(dtype));

        Assert.True(new Int8Linear(values, scales, Group, dtype).Product(rows).Equals(wanted));
    }

    private static Tensor Random(int rows, int width, int seed, float size)
    {
        using var generator = new Generator((ulong)(uint)seed);
        using var factor = tensor(size);
        return randn([rows, width], generator: generator).mul(factor);
    }
}
