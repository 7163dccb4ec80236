using Herd.Conformance.Tests.Golden;
using Herd.Conformance.Tests.Model;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Vision;

public sealed class VisualFrontEndGoldenTests
{
    private const string Features = "clip_features";
    private const string Query = "visual_query";

    public static TheoryData<string> Outputs => GoldenPictures.Outputs;

    public static TheoryData<string> Adapters => GoldenAdapter.Names;

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Shape_IsThatOfTheConfiguration(string name)
    {
        var adapter = GoldenAdapter.Of(name);
        Assert.SkipUnless(adapter.TakesPictures, "The adapter takes no pictures.");
        using var frontEnd = GoldenPictures.FrontEnd(adapter);
        var (shape, config) = (frontEnd.Shape, adapter.Configuration!.Value);

        Assert.Equal(config.GetProperty("v_embed_dim").GetInt32(), shape.Width);
        Assert.Equal(config.GetProperty("v_depth").GetInt32(), shape.Depth);
        Assert.Equal(config.GetProperty("v_mlp_ratio").GetDouble() * shape.Width, shape.MlpWidth);
        Assert.Equal(config.GetProperty("query_len").GetInt32(), shape.QueryLength);
    }

    [Theory]
    [MemberData(nameof(Outputs))]
    public void Query_PreparedPictures_GivesTheOfficialVisualQuery(string output)
    {
        using var scope = NewDisposeScope();
        using var expected = GoldenTensors.Expected(output);
        using var frontEnd = GoldenPictures.FrontEnd(GoldenAdapter.Behind(output));
        using var clip = GoldenPictures.Encoder();

        expected.AssertClose(Query, frontEnd.Query(clip.Encode(GoldenPictures.Prepared())), Difference.Query);
    }

    [Theory]
    [MemberData(nameof(Outputs))]
    public void Query_PictureOfZeros_GivesTheOfficialVisualQuery(string output)
    {
        using var scope = NewDisposeScope();
        using var expected = GoldenTensors.Expected(output);
        using var frontEnd = GoldenPictures.FrontEnd(GoldenAdapter.Behind(output));
        using var clip = GoldenPictures.Encoder();
        var nothing = zeros(1, 3, clip.ImageSize, clip.ImageSize);

        expected.AssertClose("zero_image_" + Query, frontEnd.Query(clip.Encode(nothing)), Difference.Query);
    }

    [Theory]
    [MemberData(nameof(Outputs))]
    public void Query_OfficialFeatures_GivesTheOfficialOutputOfEveryBlock(string output)
    {
        using var scope = NewDisposeScope();
        using var expected = GoldenTensors.Expected(output);
        var features = expected.Read(Features);
        using var frontEnd = GoldenPictures.FrontEnd(GoldenAdapter.Behind(output));
        var blocks = new List<Tensor>();
        frontEnd.Query(features, block => blocks.Add(block.clone().DetachFromDisposeScope()));

        expected.AssertClose("clip_projected", frontEnd.Project(features), Difference.Query);
        foreach (var (name, number) in expected.Matching("visual_block.", ""))
        {
            expected.AssertClose(name, blocks[int.Parse(number)], Difference.Query);
        }
    }

    [Fact]
    public void Query_PictureFiles_GivesTheOfficialVisualQuery()
    {
        using var scope = NewDisposeScope();
        using var expected = GoldenTensors.Expected("png-end-to-end");
        var recorded = GoldenPictures.RecordedFor(expected, Query);
        using var frontEnd = GoldenPictures.FrontEnd(GoldenPictures.BehindPictureFiles(expected)[0]);
        using var clip = GoldenPictures.Encoder();

        Assert.All(recorded, query => expected.AssertClose(query.Name, frontEnd.Query(clip.Encode(GoldenPictures.FromFile(query.File, clip.ImageSize))), Difference.Query));
    }
}
