using Herd.Engine.Checkpoints;
using Herd.Testing;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Checkpoints;

public sealed class MappedFilesTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public void TryView_EveryGoldenBase_HasTheValuesThatReadingGives()
    {
        using var scope = NewDisposeScope();
        using var mapped = new MappedFiles();
        foreach (var path in (string[])[Golden("tiny-llama", "consolidated.00.pth"), Golden("tiny-llama-gqa", "consolidated.00.pth"), Golden("tiny-llama-gqa", "hf", "model.safetensors")])
        {
            using var file = TensorFile.Open(path);
            Assert.All(file.Tensors.Values, info => Assert.True(mapped.TryView(file, info)!.equal(file.Read(info.Name)).all().item<bool>(), info.Name));
        }
    }

    [Fact]
    public void TryView_ValuesThatCannotBeUsedInPlace_GivesNone()
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(_folder.In("file"), new Dictionary<string, Tensor> { ["empty"] = zeros(0, 3), ["flags"] = zeros(3, ScalarType.Bool), ["sound"] = ones(2) });
        using var file = SafetensorsFile.Open(_folder.In("file"));
        using var mapped = new MappedFiles();

        Assert.Null(mapped.TryView(file, file.Tensors["empty"]));
        Assert.Null(mapped.TryView(file, file.Tensors["flags"]));
        Assert.Equal([1f, 1f], mapped.TryView(file, file.Tensors["sound"])!.data<float>().ToArray());
    }

    [Fact]
    public void Dispose_LeavesNoTensorBehind()
    {
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (var file = TensorFile.Open(Golden("tiny-llama", "consolidated.00.pth")))
        using (var mapped = new MappedFiles())
        using (NewDisposeScope())
        {
            Assert.All(file.Tensors.Values, info => Assert.NotNull(mapped.TryView(file, info)));
            Assert.Equal(before + file.Tensors.Count, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    public void Dispose() => _folder.Dispose();

    private static string Golden(params string[] path) => Path.Combine([RepositoryFiles.Golden, .. path]);
}
