using System.Collections.Immutable;
using Herd.Demo.Pipeline;
using Herd.Engine.Adapters;
using Herd.Engine.Training.Adapters;
using Herd.Engine.Training.Parameters;

namespace Herd.Demo.Ablation;

/// <summary>The ways of training. Each differs from the reference in what its name says, and in nothing else.</summary>
internal static class Variants
{
    /// <summary>The paper's way but for its gates, which begin open as those of the demo tenants do.</summary>
    public const string Reference = "reference";

    /// <summary>The picture is added to the static prompts of the last layers, as many as see it in the reference.</summary>
    public const string Late = "late";

    /// <summary>The picture is added to the static prompts of all layers but the first: the released layout.</summary>
    public const string LateWide = "late-wide";

    /// <summary>Every batch moves everything.</summary>
    public const string AllData = "all-data";

    /// <summary>First all pictures, then all instructions: the order of the released program.</summary>
    public const string PicturesFirst = "pictures-first";

    /// <summary>First all instructions, then all pictures.</summary>
    public const string InstructionsFirst = "instructions-first";

    /// <summary>No biases, scales and norms.</summary>
    public const string NoTuning = "no-tuning";

    /// <summary>Gates begin at 0.</summary>
    public const string ZeroGates = "zero-gates";

    /// <summary>The scale stands before the matrix: the released chat model.</summary>
    public const string ScaleBefore = "scale-before";

    private const double PictureShare = 0.7;
    private const double Rate = 2e-3;

    private static readonly AdapterBlueprint Paper = DemoAdapters.EarlyFusion with { ScaleOrder = ScaleOrder.Output };

    private static readonly ImmutableArray<ParameterGroup> Disjoint = [DemoAdapters.FrontGroup, DemoAdapters.EarlyGates, DemoAdapters.Prompts, DemoAdapters.LateGates, DemoAdapters.TuningGroup];

    // In late fusion a gate lets picture and prompts in together, so both kinds of data move it.
    private static readonly ImmutableArray<ParameterGroup> DisjointLate = [DemoAdapters.FrontGroup, DemoAdapters.Prompts, DemoAdapters.LateGates with { Sources = [] }, DemoAdapters.TuningGroup];

    private static readonly DemoAdapter PicturePhase = Phase(DemoAdapters.Pictures, pictureShare: 1, PictureShare);
    private static readonly DemoAdapter InstructionPhase = Phase(DemoAdapters.Instructions, pictureShare: 0, 1 - PictureShare);

    /// <summary>What all begin with: a front end whose slots hold what the layers read of words, all of them alike, so that none of the ways is nearer to it.</summary>
    public static DemoAdapter Slots { get; } = new("slots", "", Paper with { EarlyLayers = DemoAdapters.Layers, PromptLayers = 0 }, [DemoAdapters.FrontGroup], Rate, PictureShare: 1, Share: 1);

    /// <summary>All of them, the reference first.</summary>
    public static IReadOnlyList<Variant> All { get; } =
    [
        Joint(Reference, Paper, Disjoint),
        Joint(Late, Paper with { EarlyLayers = 0 }, DisjointLate),
        Joint(LateWide, Paper with { EarlyLayers = 0, PromptLayers = DemoAdapters.Layers - 1 }, DisjointLate),
        Joint(AllData, Paper, [.. Disjoint.Select(group => group with { Sources = [] })]),
        new(PicturesFirst, [PicturePhase, InstructionPhase]),
        new(InstructionsFirst, [InstructionPhase, PicturePhase]),
        Joint(NoTuning, Paper with { Biases = [], Scales = [], Norms = false }, Disjoint.Remove(DemoAdapters.TuningGroup)),
        Joint(ZeroGates, Paper with { GateStart = 0 }, Disjoint),
        Joint(ScaleBefore, Paper with { ScaleOrder = ScaleOrder.Input }, Disjoint),
    ];

    private static Variant Joint(string name, AdapterBlueprint blueprint, ImmutableArray<ParameterGroup> groups) =>
        new(name, [new DemoAdapter("joint", "", blueprint, groups, Rate, PictureShare, Share: 1)]);

    private static DemoAdapter Phase(string source, double pictureShare, double share) =>
        new(source, "", Paper, [.. Disjoint.Where(group => group.IsMovedBy(source))], Rate, pictureShare, share);
}
