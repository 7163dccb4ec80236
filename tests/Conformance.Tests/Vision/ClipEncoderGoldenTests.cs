using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Vision;

public sealed class ClipEncoderGoldenTests
{
    private const string Features = "clip_features";

    public static TheoryData<string> Files => [.. VisionGolden.ClipFiles.Select(path => Path.GetFileName(path))];

    [Theory]
    [MemberData(nameof(Files))]
    public void Encode_PreparedPictures_GivesTheOfficialFeatures(string clip)
    {
        using var scope = NewDisposeScope();
        using var encoder = VisionGolden.Clip(VisionGolden.In("clip", clip));
        using var images = VisionGolden.Expected("images");
        var features = encoder.Encode(images.Read("imgs"));

        var compared = 0;
        foreach (var adapter in VisionGolden.Adapters)
        {
            using var expected = VisionGolden.Expected("mm-" + adapter);
            if (expected.Tensors.ContainsKey(Features))
            {
                VisionGolden.AssertClose(expected.Read(Features), features, VisionGolden.FeatureTolerance);
                compared++;
            }
        }

        Assert.NotEqual(0, compared);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Encode_PictureFiles_GivesTheOfficialFeatures(string clip)
    {
        using var scope = NewDisposeScope();
        using var encoder = VisionGolden.Clip(VisionGolden.In("clip", clip));
        using var expected = VisionGolden.Expected("png-end-to-end");
        var names = expected.Tensors.Keys.Where(name => name.EndsWith("." + Features, StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(names);
        Assert.All(names, name =>
        {
            var picture = VisionGolden.Picture(name[..^(Features.Length + 1)], encoder.ImageSize);
            VisionGolden.AssertClose(expected.Read(name), encoder.Encode(picture), VisionGolden.FeatureTolerance);
        });
    }

    [Fact]
    public void Load_EveryFormOfOneEncoder_GivesOneDigest()
    {
        var digests = VisionGolden.ClipFiles.Select(path =>
        {
            using var encoder = VisionGolden.Clip(path);
            return encoder.Digest;
        });

        Assert.Single(digests.Distinct());
    }
}
