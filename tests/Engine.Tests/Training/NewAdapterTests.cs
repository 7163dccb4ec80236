using Herd.Engine.Adapters;
using Herd.Engine.Tests.Execution;
using Herd.Engine.Training.Adapters;
using Herd.Engine.Training.Model;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Training;

/// <summary>Adapters with their first values.</summary>
public sealed class NewAdapterTests
{
    private const int ClipWidth = 32;

    private static readonly string Digest = new('d', 64);

    public static TheoryData<string> Layouts => [.. AdapterLayouts.Names];

    [Theory]
    [MemberData(nameof(Layouts))]
    public void NewAdapter_OfEachLayout_AnswersAsTheBase(string layout)
    {
        using var scope = NewDisposeScope();
        using var package = Make(layout);
        using var model = TrainableModel.OverBase(TinyTraining.Base, package, TinyModel.Options.ClipPath, new TrainableModelOptions());
        using var bare = TrainableModel.FromBase(TinyTraining.Base, new TrainableModelOptions());
        var example = TinyTraining.Examples().Next() with { Picture = package.TakesPictures ? TinyTraining.Picture(TinyModel.Pictures.Keys.First()) : null };

        Assert.True(model.Logits(example).equal(bare.Logits(example with { Picture = null })).all().item<bool>());
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void NewAdapter_OfEachLayout_IsReadAgainAsItWasWritten(string layout)
    {
        using var folder = new TestFolder();
        using var package = Make(layout);
        package.Save(folder.In("adapter"));

        using var again = AdapterPackage.Read(folder.In("adapter"), new AdapterReadOptions { BaseConfig = TinyTraining.Base.Config, BaseDigest = Digest });

        Assert.Equal(package.ManifestJson, again.ManifestJson);
    }

    [Fact]
    public void NewAdapter_OfTheSameSeed_IsTheSame()
    {
        using var one = Make("official");
        using var same = Make("official");
        using var other = Make("official", seed: 2);

        Assert.Equal(one.Version, same.Version);
        Assert.NotEqual(one.Version, other.Version);
    }

    [Fact]
    public void OfficialLayout_OfTheReleasedSizes_HasTheReleasedNumberOfValues()
    {
        using var package = Make("tuning");
        var config = TinyTraining.Base.Config;

        // docs/engine.md tells how many values bias, scale and norm are: L (13 D + 3 F) + D.
        Assert.Equal((config.Layers * ((13 * config.Width) + (3 * config.FeedForwardWidth))) + config.Width, package.Parameters);
    }

    [Fact]
    public void NewAdapter_ThatFitsNot_IsRefusedWithEveryFault()
    {
        var blueprint = new AdapterBlueprint { PromptLayers = 99, PromptLength = 0, LoraRank = -1 };

        var error = Assert.Throws<EngineException>(() => NewAdapter.Make(blueprint, TinyTraining.Base, Digest, ClipWidth, 1));

        Assert.All(new[] { "PromptLayers 99", "PromptLength is 0", "LoraRank is -1" }, fault => Assert.Contains(fault, error.Message, StringComparison.Ordinal));
    }

    private static AdapterPackage Make(string layout, long seed = 1)
    {
        var blueprint = AdapterLayouts.Get(layout, TinyTraining.Base.Config);
        return NewAdapter.Make(
            blueprint with { Visual = blueprint.Visual is null ? null : new VisualBlueprint(Width: 48, Depth: 2, Heads: 4, MlpWidth: 96) }, TinyTraining.Base, Digest, ClipWidth, seed);
    }
}
