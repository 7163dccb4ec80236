using Herd.Conformance.Tests.Golden;
using Herd.Engine.Vision;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Vision;

public sealed class ClipEncoderGoldenTests
{
    private const string Features = "clip_features";

    public static TheoryData<string> Files => Cases.Of(GoldenPictures.EncoderFiles, "image encoder");

    [Theory]
    [MemberData(nameof(Files))]
    public void Encode_PreparedPictures_GivesTheOfficialFeatures(string clip)
    {
        using var scope = NewDisposeScope();
        var outputs = GoldenFolder.Find("expected/mm-*.safetensors").Where(name => GoldenTensors.NamesIn(name).Contains(Features)).ToList();
        Assert.SkipWhen(outputs.Count == 0, "No features are recorded.");
        using var encoder = Load(clip);
        var features = encoder.Encode(GoldenPictures.Prepared());

        Assert.All(outputs, name =>
        {
            using var expected = GoldenTensors.Open(name);
            expected.AssertClose(Features, features, Difference.Features);
        });
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Encode_PictureFiles_GivesTheOfficialFeatures(string clip)
    {
        using var scope = NewDisposeScope();
        using var expected = GoldenTensors.Expected("png-end-to-end");
        using var encoder = Load(clip);
        var recorded = GoldenPictures.RecordedFor(expected, Features);

        Assert.All(recorded, features => expected.AssertClose(features.Name, encoder.Encode(GoldenPictures.FromFile(features.File, encoder.ImageSize)), Difference.Features));
    }

    [Fact]
    public void Load_EveryFormOfOneEncoder_GivesOneDigest()
    {
        Assert.SkipWhen(GoldenPictures.EncoderFiles.Count < 2, "The golden files hold the image encoder in fewer than two forms.");
        var digests = GoldenPictures.EncoderFiles.Select(name =>
        {
            using var encoder = Load(name);
            return encoder.Digest;
        });

        Assert.Single(digests.Distinct());
    }

    private static ClipEncoder Load(string name) => ClipEncoder.Load(GoldenFolder.PathOf(name), ScalarType.Float32, CPU);
}
