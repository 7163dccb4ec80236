using Herd.Engine.Bases;
using Herd.Engine.Model;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Model;

public sealed class RotaryTableTests
{
    private const int HeadWidth = 128;
    private const float Theta = 500_000;

    private static readonly RopeScaling Llama31 = new(8, new RopeBand(8192, 1, 4));

    [Fact]
    public void At_Llama3Scaling_IsTheFormulaInDoublePrecision()
    {
        using var scope = NewDisposeScope();
        const int Position = 1000;
        var turns = Turns(Llama31, Position);
        for (var pair = 0; pair < HeadWidth / 2; pair++)
        {
            var frequency = Math.Pow(Theta, -2.0 * pair / HeadWidth);
            var turnsOfOldContext = 8192 * frequency / (2 * Math.PI);
            var share = Math.Clamp((turnsOfOldContext - 1) / 3, 0, 1);
            var angle = Position * (((1 - share) * frequency / 8) + (share * frequency));

            Assert.Equal(Math.Cos(angle), turns[pair].Cos, 2e-4);
            Assert.Equal(Math.Sin(angle), turns[pair].Sin, 2e-4);
        }
    }

    [Fact]
    public void At_FactorOne_IsAsWithoutScaling()
    {
        using var scope = NewDisposeScope();

        Assert.Equal(Turns(null, 777), Turns(Llama31 with { Factor = 1 }, 777), (left, right) => Math.Abs(left.Cos - right.Cos) < 1e-6 && Math.Abs(left.Sin - right.Sin) < 1e-6);
        Assert.Equal(Turns(null, 777), Turns(new RopeScaling(1, null), 777));
    }

    [Fact]
    public void At_LinearScaling_IsThePositionDivided()
    {
        using var scope = NewDisposeScope();

        Assert.Equal(Turns(null, 100), Turns(new RopeScaling(4, null), 400));
    }

    private static (float Cos, float Sin)[] Turns(RopeScaling? scaling, int position)
    {
        using var table = new RotaryTable(position + 1, HeadWidth, Theta, scaling, CPU);
        var values = view_as_real(table.At(tensor(new long[] { position }))).flatten().data<float>().ToArray();
        return [.. values.Chunk(2).Select(pair => (pair[0], pair[1]))];
    }
}
