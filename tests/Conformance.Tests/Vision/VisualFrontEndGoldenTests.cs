using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Vision;

public sealed class VisualFrontEndGoldenTests
{
    private const string Features = "clip_features";
    private const string Query = "visual_query";

    // The golden README names the adapter behind the end-to-end file; the file itself does not.
    private const string EndToEndAdapter = "BIAS";

    public static TheoryData<string> Adapters => [.. VisionGolden.Adapters];

    /// <summary>Those for which the results between picture and visual query are recorded too.</summary>
    public static TheoryData<string> AdaptersWithSteps => [.. VisionGolden.Adapters.Where(HasSteps)];

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Query_PreparedPictures_GivesTheOfficialVisualQuery(string adapter)
    {
        using var scope = NewDisposeScope();
        using var clip = VisionGolden.Clip(VisionGolden.ClipFiles[0]);
        using var frontEnd = VisionGolden.FrontEnd(adapter);
        using var images = VisionGolden.Expected("images");
        using var expected = VisionGolden.Expected("mm-" + adapter);

        VisionGolden.AssertClose(expected.Read(Query), frontEnd.Query(clip.Encode(images.Read("imgs"))), VisionGolden.QueryTolerance);
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Query_PictureOfZeros_GivesTheOfficialVisualQuery(string adapter)
    {
        using var scope = NewDisposeScope();
        using var clip = VisionGolden.Clip(VisionGolden.ClipFiles[0]);
        using var frontEnd = VisionGolden.FrontEnd(adapter);
        using var expected = VisionGolden.Expected("mm-" + adapter);
        var nothing = zeros(1, 3, clip.ImageSize, clip.ImageSize);

        VisionGolden.AssertClose(expected.Read("zero_image_" + Query), frontEnd.Query(clip.Encode(nothing)), VisionGolden.QueryTolerance);
    }

    [Theory]
    [MemberData(nameof(AdaptersWithSteps))]
    public void Query_OfficialFeatures_GivesTheOfficialOutputOfEveryBlock(string adapter)
    {
        using var scope = NewDisposeScope();
        using var frontEnd = VisionGolden.FrontEnd(adapter);
        using var expected = VisionGolden.Expected("mm-" + adapter);

        var features = expected.Read(Features);
        VisionGolden.AssertClose(expected.Read("clip_projected"), frontEnd.Project(features), VisionGolden.QueryTolerance);
        var layer = 0;
        frontEnd.Query(features, output => VisionGolden.AssertClose(expected.Read($"visual_block.{layer++}"), output, VisionGolden.QueryTolerance));
        Assert.Equal(expected.Tensors.Keys.Count(name => name.StartsWith("visual_block.", StringComparison.Ordinal)), layer);
    }

    [Fact]
    public void Query_PictureFiles_GivesTheOfficialVisualQuery()
    {
        using var scope = NewDisposeScope();
        using var clip = VisionGolden.Clip(VisionGolden.ClipFiles[0]);
        using var frontEnd = VisionGolden.FrontEnd(EndToEndAdapter);
        using var expected = VisionGolden.Expected("png-end-to-end");
        var names = expected.Tensors.Keys.Where(name => name.EndsWith("." + Query, StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(names);
        Assert.All(names, name =>
        {
            var features = clip.Encode(VisionGolden.Picture(name[..^(Query.Length + 1)], clip.ImageSize));
            VisionGolden.AssertClose(expected.Read(name), frontEnd.Query(features), VisionGolden.QueryTolerance);
        });
    }

    private static bool HasSteps(string adapter)
    {
        using var expected = VisionGolden.Expected("mm-" + adapter);
        return expected.Tensors.ContainsKey(Features);
    }
}
