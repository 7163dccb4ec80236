namespace Herd.Demo.Tasks;

/// <summary>Kinds of questions, as reports name them.</summary>
public static class QuestionKinds
{
    /// <summary>Colour of a shape.</summary>
    public const string Color = "color";

    /// <summary>Shape of a colour.</summary>
    public const string Shape = "shape";

    /// <summary>What is at a place.</summary>
    public const string Place = "place";

    /// <summary>Where a shape is.</summary>
    public const string Where = "where";

    /// <summary>How many objects there are.</summary>
    public const string Count = "count";

    /// <summary>Whether there is an object.</summary>
    public const string YesNo = "yesno";

    /// <summary>All of a scene in words.</summary>
    public const string Caption = "caption";

    /// <summary>Sum of two digits.</summary>
    public const string Add = "add";

    /// <summary>Opposite of a word.</summary>
    public const string Opposite = "opposite";

    /// <summary>Colour of a thing that everybody knows.</summary>
    public const string ColorOf = "colorof";

    /// <summary>Kind of a thing.</summary>
    public const string KindOf = "kind";

    /// <summary>First word of a list.</summary>
    public const string First = "first";

    /// <summary>Last word of a list.</summary>
    public const string Last = "last";

    /// <summary>A question about a scene that the input tells.</summary>
    public const string SceneText = "sceneqa";

    /// <summary>The input in capital letters.</summary>
    public const string Capitals = "capitals";

    /// <summary>What a sign says, as an expert read it.</summary>
    public const string Sign = "sign";

    /// <summary>A question about a scene that an expert tells.</summary>
    public const string CaptionExpert = "expert";

    /// <summary>Questions about a scene, captions apart.</summary>
    public static IReadOnlyList<string> OfScenes { get; } = [Color, Shape, Place, Where, Count, YesNo];

    /// <summary>Tasks that need no picture.</summary>
    public static IReadOnlyList<string> OfText { get; } = [Add, Opposite, ColorOf, KindOf, First, Last, SceneText, Capitals, Sign, CaptionExpert];
}
