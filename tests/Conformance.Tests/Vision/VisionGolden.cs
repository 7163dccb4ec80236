using System.Text.Json;
using Herd.Engine.Checkpoints;
using Herd.Engine.Vision;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Vision;

/// <summary>Finds the golden files that concern pictures.</summary>
internal static class VisionGolden
{
    public const double FeatureTolerance = 5e-5;
    public const double QueryTolerance = 5e-5;

    public static string[] ClipFiles { get; } =
        [.. Directory.EnumerateFiles(In("clip")).Where(path => Path.GetExtension(path) is ".pth" or ".safetensors").Order()];

    /// <summary>The adapters whose multimodal outputs are recorded.</summary>
    public static IEnumerable<string> Adapters => Directory.EnumerateFiles(In("expected"), "mm-*.safetensors")
        .Select(path => Path.GetFileNameWithoutExtension(path)["mm-".Length..])
        .Where(adapter => File.Exists(AdapterPath(adapter)));

    public static string In(params string[] path) => Path.Combine([RepositoryFiles.Golden, .. path]);

    public static ITensorFile Expected(string name) => TensorFile.Open(In("expected", name + ".safetensors"));

    public static ClipEncoder Clip(string path) => ClipEncoder.Load(path, ScalarType.Float32, CPU);

    public static VisualFrontEnd FrontEnd(string adapter)
    {
        using var config = JsonDocument.Parse(File.ReadAllBytes(Directory.EnumerateFiles(In("adapters"), "*config.json").Single()));
        using var file = TensorFile.Open(AdapterPath(adapter));
        var shape = VisualFrontEndShape.Of(file, config.RootElement.GetProperty("v_num_heads").GetInt32());
        Assert.Equal(config.RootElement.GetProperty("v_embed_dim").GetInt32(), shape.Width);
        Assert.Equal(config.RootElement.GetProperty("v_depth").GetInt32(), shape.Depth);
        Assert.Equal(config.RootElement.GetProperty("v_mlp_ratio").GetDouble() * shape.Width, shape.MlpWidth);
        Assert.Equal(config.RootElement.GetProperty("query_len").GetInt32(), shape.QueryLength);
        return VisualFrontEnd.Load(new TensorReader(file), shape, CPU);
    }

    /// <summary>The picture of a golden file as the encoder takes it, [1, 3, S, S].</summary>
    public static Tensor Picture(string file, int size)
    {
        var picture = PictureDecoder.Decode(File.ReadAllBytes(In("images", file)), PictureLimits.Default);
        using var tensor = ClipPreprocessor.ToTensor(ClipPreprocessor.Resize(picture, size), size, ChannelOrder.Rgb);
        return tensor.unsqueeze(0);
    }

    public static void AssertClose(Tensor expected, Tensor actual, double tolerance)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(expected.shape, actual.shape);
        Assert.InRange((expected - actual).abs().max().item<float>(), 0, tolerance);
    }

    private static string AdapterPath(string adapter) => In("adapters", adapter + ".pth");
}
