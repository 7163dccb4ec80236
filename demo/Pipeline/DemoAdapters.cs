using System.Collections.Immutable;
using Herd.Demo.Evaluation;
using Herd.Demo.Rows;
using Herd.Demo.Tasks;
using Herd.Engine.Adapters;
using Herd.Engine.Training.Adapters;
using Herd.Engine.Training.Parameters;

namespace Herd.Demo.Pipeline;

/// <summary>An adapter of a demo tenant: what it is made of, what moves which part, and what it learns from.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Tells">What it is good for, in a line.</param>
/// <param name="Blueprint">What it is made of.</param>
/// <param name="Groups">What trains.</param>
/// <param name="Rate">Highest learning rate.</param>
/// <param name="PictureShare">Share of the steps that ask about pictures; the others are instructions without one.</param>
/// <param name="Share">Its share of the time for adapters.</param>
internal sealed record DemoAdapter(string Name, string Tells, AdapterBlueprint Blueprint, ImmutableArray<ParameterGroup> Groups, double Rate, double PictureShare, double Share)
{
    /// <summary>The form of its answers.</summary>
    public AnswerStyle Style { get; init; }

    /// <summary>What it is asked under pictures.</summary>
    public PictureRowOptions Questions { get; init; } = new();

    /// <summary>Those cases of a test set that are of kinds it learns.</summary>
    /// <param name="cases">Cases of all kinds.</param>
    /// <returns>Some of them, in their order.</returns>
    public IReadOnlyList<TestCase> Asked(IEnumerable<TestCase> cases) =>
        [.. cases.Where(test => test.Question.Kind == QuestionKinds.Caption ? Questions.LastCaptionShare > 0 : Questions.Kinds.Any(asked => asked.Kind == test.Question.Kind))];

    /// <summary>The adapter whose tensors it starts from, and which is made before it; null to start anew.</summary>
    public string? From { get; init; }

    /// <summary>Whether it takes pictures.</summary>
    public bool TakesPictures => Blueprint.Visual is not null;
}

/// <summary>The demo tenants' adapters, one of each kind there is.</summary>
internal static class DemoAdapters
{
    /// <summary>Source of questions about pictures.</summary>
    public const string Pictures = "pictures";

    /// <summary>Source of instructions without pictures.</summary>
    public const string Instructions = "instructions";

    /// <summary>The adapter whose captions help others.</summary>
    public const string Captioner = "captions";

    /// <summary>Layers of the base.</summary>
    public const int Layers = 6;

    /// <summary>Slots that a picture fills.</summary>
    public static readonly int Slots = SlotWords.Count;

    /// <summary>Tensors of the visual front end.</summary>
    public static readonly string[] FrontTensors = ["clip_proj*", "visual_*"];

    /// <summary>What makes slots of a picture.</summary>
    public static readonly VisualBlueprint Front = new(Width: 128, Depth: 2, Heads: 4, MlpWidth: 256);

    /// <summary>The paper's early fusion: the picture alone in the first half of the layers, static prompts alone in the others, bias, scale and norms.</summary>
    public static readonly AdapterBlueprint EarlyFusion = new()
    {
        Visual = Front,
        EarlyLayers = Layers / 2,
        PromptLayers = Layers - (Layers / 2),
        PromptLength = Slots,
        Biases = [.. TunedLinearExtensions.All],
        Scales = [.. TunedLinearExtensions.All],
        Norms = true,
        GateStart = 0.3,
        PromptDeviation = 0.3,
    };

    /// <summary>What makes slots of a picture, moved by pictures alone.</summary>
    public static readonly ParameterGroup FrontGroup = Group("front", 1, FrontTensors) with { Sources = [Pictures] };

    /// <summary>How far the picture is let into the first layers, moved by pictures alone.</summary>
    public static readonly ParameterGroup EarlyGates = Group("early gates", 5, "prompts.visual_gate.*") with { Sources = [Pictures] };

    /// <summary>Static prompts, moved by instructions alone.</summary>
    public static readonly ParameterGroup Prompts = Group("prompts", 2, "prompts.query") with { Sources = [Instructions] };

    /// <summary>How far static prompts are let in, moved by instructions alone.</summary>
    public static readonly ParameterGroup LateGates = Group("late gates", 5, "prompts.gate.*") with { Sources = [Instructions] };

    /// <summary>Biases, scales and norms, moved by instructions alone.</summary>
    public static readonly ParameterGroup TuningGroup = Group("tuning", 0.5, "layers.*", "norm") with { Sources = [Instructions] };

    private static readonly TunedLinear[] Official = [TunedLinear.Query, TunedLinear.Output, TunedLinear.Gate, TunedLinear.Down, TunedLinear.Up];

    private static readonly AdapterBlueprint Tuning = new() { Biases = [.. TunedLinearExtensions.All], Scales = [.. TunedLinearExtensions.All], Norms = true };

    private static readonly AdapterBlueprint Multimodal =
        new() { Visual = Front, PromptLayers = Layers - 1, PromptLength = Slots, Biases = [.. Official], Norms = true, GateStart = 0.3, PromptDeviation = 0.3 };

    private static readonly ImmutableArray<ParameterGroup> MultimodalGroups = [.. new[] { FrontGroup, Prompts, LateGates, TuningGroup }.Select(group => group with { Sources = [] })];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<DemoAdapter> All { get; } =
    [
        new(
            "scenes",
            "questions about pictures, and captions; the official multimodal layout",
            Multimodal,
            MultimodalGroups,
            Rate: 2e-3,
            PictureShare: 0.85,
            Share: 6)
        {
            Questions = new PictureRowOptions { LastCaptionShare = 0.25 },
        },
        new(Captioner, "captions of pictures, and questions about them; it went on from the tensors of scenes", Multimodal, MultimodalGroups, Rate: 1e-3, PictureShare: 0.9, Share: 2.5)
        {
            From = "scenes",
            Questions = new PictureRowOptions { ShortShare = 0.1, LastShortShare = 0, CaptionShare = 0.7, LastCaptionShare = 0.8, SignShare = 0, ToldShare = 0 },
        },
        new(
            "counter",
            "how many things there are, their colours and places, by early fusion; each part is moved by its own data",
            EarlyFusion,
            [FrontGroup, EarlyGates, Prompts, LateGates, TuningGroup],
            Rate: 2e-3,
            PictureShare: 0.75,
            Share: 4)
        {
            Questions = new PictureRowOptions { CaptionShare = 0, LastCaptionShare = 0, SignShare = 0, ToldShare = 0, Kinds = [(QuestionKinds.Count, 1), (QuestionKinds.Color, 2), (QuestionKinds.Where, 2)] },
        },
        Styled("pirate", "answers as a pirate does; bias, scale and norm alone", Tuning, AnswerStyle.Pirate, 4e-3),
        Styled("json", "answers in JSON; bias, scale and norm alone", Tuning, AnswerStyle.Json, 4e-3),
        Styled("capitals", "answers in capital letters; LoRA", new AdapterBlueprint { LoraRank = 8 }, AnswerStyle.Capitals, 2e-3),
    ];

    private static ParameterGroup Group(string name, double rate, params string[] tensors) => new() { Name = name, Tensors = [.. tensors], Rate = rate, WeightDecay = 0.02 };

    private static DemoAdapter Styled(string name, string tells, AdapterBlueprint blueprint, AnswerStyle style, double rate) =>
        new(name, tells, blueprint, [Group("all", 1, "*")], rate, PictureShare: 0, Share: 1.5) { Style = style };
}
