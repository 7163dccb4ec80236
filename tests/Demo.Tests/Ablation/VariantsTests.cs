using Herd.Demo.Ablation;
using Herd.Demo.Pipeline;
using Herd.Engine.Adapters;
using Herd.Engine.Training.Parameters;
using Xunit;

namespace Herd.Demo.Tests.Ablation;

public sealed class VariantsTests
{
    private static readonly Variant Reference = Variants.All[0];

    [Fact]
    public void Reference_HasGroupsThatEachLearnFromTheirOwnData()
    {
        Assert.Equal(Variants.Reference, Reference.Name);
        Assert.Equal(["front", "early gates"], MovedBy(Reference, DemoAdapters.Pictures));
        Assert.Equal(["prompts", "late gates", "tuning"], MovedBy(Reference, DemoAdapters.Instructions));
    }

    [Theory]
    [InlineData(Variants.Late)]
    [InlineData(Variants.LateWide)]
    [InlineData(Variants.NoTuning)]
    [InlineData(Variants.ZeroGates)]
    [InlineData(Variants.ScaleBefore)]
    public void BlueprintVariant_IsTheReferenceButForWhatItNames(string name)
    {
        var (reference, variant) = (Reference.Phases.Single(), Named(name).Phases.Single());
        var back = name switch
        {
            Variants.Late => variant.Blueprint with { EarlyLayers = reference.Blueprint.EarlyLayers },
            Variants.LateWide => variant.Blueprint with { EarlyLayers = reference.Blueprint.EarlyLayers, PromptLayers = reference.Blueprint.PromptLayers },
            Variants.NoTuning => variant.Blueprint with { Biases = reference.Blueprint.Biases, Scales = reference.Blueprint.Scales, Norms = true },
            Variants.ZeroGates => variant.Blueprint with { GateStart = reference.Blueprint.GateStart },
            _ => variant.Blueprint with { ScaleOrder = ScaleOrder.Output },
        };

        Assert.NotEqual(reference.Blueprint, variant.Blueprint);
        Assert.Equal(reference.Blueprint, back);
        Assert.Equal((reference.Rate, reference.PictureShare), (variant.Rate, variant.PictureShare));
        Assert.Subset(Reference.Phases[0].Groups.Select(group => group.Name).ToHashSet(), variant.Groups.Select(group => group.Name).ToHashSet());
    }

    [Fact]
    public void AllData_DiffersInWhatMovesTheGroupsAlone()
    {
        var (reference, variant) = (Reference.Phases.Single(), Named(Variants.AllData).Phases.Single());

        Assert.Equal(reference.Blueprint, variant.Blueprint);
        Assert.All(variant.Groups, group => Assert.True(group.IsMovedBy(DemoAdapters.Pictures) && group.IsMovedBy(DemoAdapters.Instructions)));
        Assert.Equal(reference.Groups.Select(Plain), variant.Groups.Select(Plain));
    }

    [Theory]
    [InlineData(Variants.PicturesFirst, DemoAdapters.Pictures, DemoAdapters.Instructions)]
    [InlineData(Variants.InstructionsFirst, DemoAdapters.Instructions, DemoAdapters.Pictures)]
    public void TwoPhases_HaveTheReferencesGroupsAndStepsInOrder(string name, params string[] order)
    {
        var variant = Named(name);

        Assert.Equal(order, variant.Phases.Select(phase => phase.Name));
        Assert.All(variant.Phases, phase => Assert.Equal(Reference.Phases[0].Blueprint, phase.Blueprint));
        Assert.All(variant.Phases, phase => Assert.Equal(MovedBy(Reference, phase.Name), phase.Groups.Select(group => group.Name)));
        Assert.Equal(order.Select(source => source == DemoAdapters.Pictures ? 700L : 300L), variant.Within(1000).Select(phase => phase.Steps));
    }

    [Fact]
    public void Comparisons_BeginWithTheReferenceAndTakeInEveryVariant()
    {
        Assert.All(Comparison.All, comparison => Assert.Equal(Variants.Reference, comparison.Members[0].Variant));
        Assert.Equal(Variants.All.Select(variant => variant.Name).Order(), Comparison.All.SelectMany(comparison => comparison.Members).Select(member => member.Variant).Distinct().Order());
        Assert.All(Comparison.All, comparison => Assert.True(comparison.Favoured is null || comparison.Members.Any(member => member.Variant == comparison.Favoured)));
    }

    private static Variant Named(string name) => Variants.All.Single(variant => variant.Name == name);

    private static IEnumerable<string> MovedBy(Variant variant, string source) => variant.Phases[0].Groups.Where(group => group.IsMovedBy(source)).Select(group => group.Name);

    private static (string Name, string Tensors, double Rate, double Decay) Plain(ParameterGroup group) => (group.Name, string.Join(' ', group.Tensors), group.Rate, group.WeightDecay);
}
