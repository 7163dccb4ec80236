using System.Text.Json;
using Herd.Engine.Checkpoints;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Checkpoints;

public sealed class GoldenTensorFileTests
{
    public static TheoryData<string> Files => new(GoldenManifest.TensorFileNames);

    [Theory]
    [MemberData(nameof(Files))]
    public void Open_GoldenFile_ListsTheTensorsOfTheManifest(string name)
    {
        using var file = TensorFile.Open(GoldenManifest.PathOf(name));

        var expected = GoldenManifest.Find(name).GetProperty("tensors").EnumerateObject().Select(entry =>
        {
            var (dtype, shape) = GoldenManifest.Describe(entry.Value.GetString()!);
            return new TensorInfo(entry.Name, dtype, shape);
        });
        Assert.Equal(expected.OrderBy(info => info.Name), file.Tensors.Values.OrderBy(info => info.Name));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Take_EveryTensorOfAGoldenFile_ReadsItFinite(string name)
    {
        using var scope = NewDisposeScope();
        using var file = TensorFile.Open(GoldenManifest.PathOf(name));
        var reader = new TensorReader(file);

        foreach (var info in file.Tensors.Values)
        {
            var tensor = reader.Take(info.Name, [.. info.Shape]);
            Assert.Equal(info.DType, tensor.dtype);
            Assert.Equal(info.Shape, tensor.shape);
            Assert.True(tensor.is_contiguous());
        }

        reader.ExpectAllTaken();
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void TryGetConfig_AdapterFile_GivesTheValuesOfTheManifest(string name)
    {
        if (!GoldenManifest.Find(name).TryGetProperty("config", out var config))
        {
            return;
        }

        using var file = PthFile.Open(GoldenManifest.PathOf(name));
        foreach (var entry in config.EnumerateObject())
        {
            if (entry.Value.ValueKind == JsonValueKind.Number)
            {
                Assert.True(file.TryGetConfig(entry.Name, out long number));
                Assert.Equal(entry.Value.GetInt64(), number);
            }
            else
            {
                Assert.True(file.TryGetConfig(entry.Name, out bool flag));
                Assert.Equal(entry.Value.GetBoolean(), flag);
            }
        }
    }
}
