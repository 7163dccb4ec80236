using Herd.Conformance.Tests.Golden;
using Herd.Conformance.Tests.Model;
using Herd.Engine.Checkpoints;
using Herd.Engine.Vision;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Vision;

/// <summary>The golden image encoder and pictures, and the adapters that take them.</summary>
internal static class GoldenPictures
{
    public const string Images = "expected/images.safetensors";

    /// <summary>The image encoder in each of its forms.</summary>
    public static IReadOnlyList<string> EncoderFiles { get; } = [.. GoldenFolder.TensorFiles.Where(name => name.StartsWith("clip/", StringComparison.Ordinal))];

    /// <summary>The image encoder; skips the test where there is none.</summary>
    public static string EncoderPath
    {
        get
        {
            Assert.SkipWhen(EncoderFiles.Count == 0, "The golden files hold no image encoder.");
            return GoldenFolder.PathOf(EncoderFiles[0]);
        }
    }

    /// <summary>Files of outputs that were computed with pictures.</summary>
    public static TheoryData<string> Outputs => Cases.Of(GoldenFolder.Find("expected/mm-*.safetensors").Select(name => Path.GetFileNameWithoutExtension(name)), "outputs with pictures");

    public static ClipEncoder Encoder() => ClipEncoder.Load(EncoderPath, ScalarType.Float32, CPU);

    public static VisualFrontEnd FrontEnd(GoldenAdapter adapter)
    {
        adapter.ExpectHeads();
        using var file = TensorFile.Open(adapter.Path);
        return VisualFrontEnd.Load(new TensorReader(file), VisualFrontEndShape.Of(file, adapter.VisualHeads!.Value), CPU);
    }

    /// <summary>The prepared pictures, [n, 3, S, S].</summary>
    public static Tensor Prepared()
    {
        using var file = GoldenTensors.Open(Images);
        return file.Read("imgs");
    }

    /// <summary>A picture file as the encoder takes it, [1, 3, S, S].</summary>
    public static Tensor FromFile(string file, int size)
    {
        var picture = PictureDecoder.Decode(File.ReadAllBytes(GoldenFolder.PathOf("images/" + file)), PictureLimits.Default);
        using var tensor = ClipPreprocessor.ToTensor(ClipPreprocessor.Resize(picture, size), size, ChannelOrder.Rgb);
        return tensor.unsqueeze(0);
    }

    /// <summary>What is recorded for picture files under a name, as far as the files are there; skips the test where there are none.</summary>
    public static IReadOnlyList<(string Name, string File)> RecordedFor(GoldenTensors expected, string what)
    {
        var recorded = expected.Matching("", "." + what).Where(tensor => GoldenFolder.Has("images/" + tensor.Between)).ToList();
        Assert.SkipWhen(recorded.Count == 0, $"The golden files hold no picture file with its {what}.");
        return recorded;
    }

    /// <summary>The adapters that may be behind the outputs from picture files, which name none: those whose front end comes closest to the recorded visual queries.</summary>
    public static IReadOnlyList<GoldenAdapter> BehindPictureFiles(GoldenTensors expected)
    {
        var candidates = GoldenAdapter.All.Where(adapter => adapter.TakesPictures).Select(adapter => (Adapter: adapter, Distance: Distance(adapter, expected))).ToList();
        Assert.SkipWhen(candidates.Count == 0, "The golden files hold no adapter that takes pictures.");
        var closest = candidates.Min(candidate => candidate.Distance);
        Assert.SkipWhen(closest > Difference.Query && GoldenAdapter.AreSomeAbsent, "The adapter behind the picture files is none of those that are there.");
        return [.. candidates.Where(candidate => candidate.Distance <= Math.Max(Difference.Query, closest)).Select(candidate => candidate.Adapter)];
    }

    private static double Distance(GoldenAdapter adapter, GoldenTensors expected)
    {
        using var scope = NewDisposeScope();
        using var frontEnd = FrontEnd(adapter);
        var recorded = expected.Matching("", ".visual_query").Select(query => (Query: expected.Read(query.Name), Features: expected.Read(query.Between + ".clip_features")));
        return recorded.Select(picture => Difference.Between(picture.Query, frontEnd.Query(picture.Features))).DefaultIfEmpty().Max();
    }
}
