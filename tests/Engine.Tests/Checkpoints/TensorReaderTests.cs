using Herd.Engine.Checkpoints;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Checkpoints;

public sealed class TensorReaderTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
    }

    [Fact]
    public void Take_SoundTensor_ConvertsIt()
    {
        using var scope = NewDisposeScope();
        using var file = Write(("w", tensor(new float[,] { { 1.5f, -2 } })));
        var reader = new TensorReader(file);

        var kept = reader.Take("w", [1, 2]);
        var converted = reader.Take("w", [1, 2], ScalarType.BFloat16);

        Assert.Equal(ScalarType.Float32, kept.dtype);
        Assert.Equal([1.5f, -2], kept.data<float>().ToArray());
        Assert.Equal(ScalarType.BFloat16, converted.dtype);
        Assert.Equal([1.5f, -2], converted.to(ScalarType.Float32).data<float>().ToArray());
        reader.ExpectAllTaken();
    }

    [Fact]
    public void Take_LeavesOneTensorInTheCallersScope()
    {
        using var scope = NewDisposeScope();
        using var file = Write(("w", ones(4)));
        using var callers = NewDisposeScope();

        new TensorReader(file).Take("w", [4], ScalarType.Float16);

        Assert.Equal(1, callers.DisposablesCount);
    }

    [Fact]
    public void Take_OtherShape_NamesBoth()
    {
        using var scope = NewDisposeScope();
        using var file = Write(("w", ones(4, 2)));

        var error = Assert.Throws<CheckpointException>(() => new TensorReader(file).Take("w", [2, 4]));

        Assert.Equal(EngineErrorCode.InvalidFile, error.Code);
        Assert.Equal("w", error.Tensor);
        Assert.Equal(
            "x.safetensors: tensor 'w': expected shape [2, 4], found [4, 2]. "
            + "Check that the file belongs to this model and that its configuration matches.",
            error.Message);
    }

    [Fact]
    public void Take_AbsentTensor_NamesTheNearest()
    {
        using var scope = NewDisposeScope();
        using var file = Write(("layers.0.attention.wq.weight", ones(4)));

        var error = Assert.Throws<CheckpointException>(() => new TensorReader(file).Take("layers.0.attention.wk.weight", [4]));

        Assert.Contains("nearest name being 'layers.0.attention.wq.weight'", error.Message);
    }

    [Theory]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    public void Take_NotFinite_IsRefusedWhereverItStands(ScalarType type)
    {
        using var scope = NewDisposeScope();
        foreach (var value in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
        {
            for (var at = 0; at < 67; at++)
            {
                var values = zeros(67, type);
                values[at] = value;
                using var file = Write(("w", values));

                var error = Assert.Throws<CheckpointException>(() => new TensorReader(file).Take("w", [67], ScalarType.Float32));
                Assert.Contains("an infinity or NaN", error.Message);
            }
        }
    }

    [Theory]
    [InlineData(ScalarType.Float16, 65504)]
    [InlineData(ScalarType.BFloat16, 3.3e38)]
    [InlineData(ScalarType.Float32, 3.4e38)]
    [InlineData(ScalarType.Float64, 1.7e308)]
    [InlineData(ScalarType.Int64, 1e18)]
    public void Take_LargestValues_AreFinite(ScalarType type, double largest)
    {
        using var scope = NewDisposeScope();
        using var file = Write(("w", cat([full(40, largest, type), full(41, -largest, type)])));

        Assert.Equal(81, new TensorReader(file).Take("w", [81]).numel());
    }

    [Fact]
    public void Take_ValueTooLargeForTheNarrowType_IsRefused()
    {
        using var scope = NewDisposeScope();
        using var file = Write(("w", tensor(new[] { 1e6f })));

        Assert.Contains("as Float16", Assert.Throws<CheckpointException>(() => new TensorReader(file).Take("w", [1], ScalarType.Float16)).Message);
    }

    [Fact]
    public void TryTake_AbsentTensor_IsNull()
    {
        using var scope = NewDisposeScope();
        using var file = Write(("w", ones(1)));
        var reader = new TensorReader(file);

        Assert.Null(reader.TryTake("gate", [1]));
        Assert.NotNull(reader.TryTake("w", [1]));
    }

    [Fact]
    public void ExpectAllTaken_TensorsLeftOver_NamesThemAndTheNearestKnownName()
    {
        using var scope = NewDisposeScope();
        using var file = Write(("w", ones(1)), ("new_gait", ones(1)), ("rope.freqs", ones(1)));
        var reader = new TensorReader(file);
        reader.Take("w", [1]);
        reader.TryTake("new_gate", [1]);

        var error = Assert.Throws<CheckpointException>(() => reader.ExpectAllTaken(name => name == "rope.freqs"));

        Assert.Contains("1 unknown: 'new_gait' (the nearest known name is 'new_gate')", error.Message);
    }

    [Fact]
    public void ExpectAllTaken_HostileNames_GiveAShortPlainMessage()
    {
        using var scope = NewDisposeScope();
        using var file = Write([.. Enumerable.Range(0, 50).Select(i => ($"{i}\n{new string('x', 10_000)}", ones(1)))]);

        var error = Assert.Throws<CheckpointException>(() => new TensorReader(file).ExpectAllTaken());

        Assert.Contains("50 unknown", error.Message);
        Assert.InRange(error.Message.Length, 0, 1500);
        Assert.DoesNotContain('\n', error.Message);
    }

    private SafetensorsFile Write(params (string Name, Tensor Tensor)[] tensors)
    {
        var path = _folder.In("x.safetensors");
        SafetensorsWriter.Write(path, tensors.ToDictionary(pair => pair.Name, pair => pair.Tensor));
        return SafetensorsFile.Open(path);
    }
}
