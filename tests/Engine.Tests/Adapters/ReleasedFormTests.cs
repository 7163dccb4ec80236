using Herd.Engine.Adapters;
using Herd.Engine.Checkpoints;
using Herd.Engine.Tests.Execution;
using Herd.Engine.Tests.Training;
using Herd.Testing;
using Xunit;

namespace Herd.Engine.Tests.Adapters;

/// <summary>Adapters as files for the programs that released ones came from. The golden adapters are held to it among the golden tests.</summary>
public sealed class ReleasedFormTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(TinyModel.Early, "x.safetensors")]
    [InlineData(TinyModel.Peft, "x.pth")]
    public void Save_OfAKindWithoutGoldenFile_ReadsBackAsTheSameVersion(string adapter, string name)
    {
        using var package = TinyTraining.Read(adapter);
        package.Save(_folder.In(name));

        using var read = AdapterPackage.Read(_folder.In(name), package.ReleasedOptions);
        Assert.Equal(package.Version, read.Version);
        Assert.Equal([_folder.In(name)], Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData(TinyModel.Early, "x.pth", ".safetensors")]
    [InlineData(TinyModel.Chat, "x.safetensors", ".pth")]
    [InlineData(TinyModel.PaperOrder, "x.pth", "scales behind them")]
    public void Save_OfWhatTheLayoutCannotTell_IsRefusedAndLeavesNothing(string adapter, string name, string told)
    {
        using var package = TinyTraining.Read(adapter);

        var error = Assert.Throws<CheckpointException>(() => package.Save(_folder.In(name)));

        Assert.Contains(told, error.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Save_OfATuningThatTheVisualProgramDoesNotHave_NamesTheTensor()
    {
        using var visual = TinyTraining.Read(TinyModel.Visual);
        using var scope = TorchSharp.torch.NewDisposeScope();
        using var package = With(visual, "layers.2.key.bias", TorchSharp.torch.zeros(64));

        Assert.Contains("layers.2.key.bias", Assert.Throws<CheckpointException>(() => package.Save(_folder.In("x.pth"))).Message);
    }

    /// <summary>A package with one tensor more among its tuning.</summary>
    private static AdapterPackage With(AdapterPackage package, string name, TorchSharp.torch.Tensor tensor)
    {
        var components = package.Components.Select(component => new KeyValuePair<string, IReadOnlyDictionary<string, TorchSharp.torch.Tensor>>(
            component.Name,
            component.Tensors.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.clone())).Concat(component.Name == "tuning" ? [KeyValuePair.Create(name, tensor)] : []).ToDictionary()));
        return Herd.Engine.Adapters.Formats.PackageReader.Make(package.Manifest, components, package.BaseConfig);
    }
}
