using Herd.Demo.Tasks;

namespace Herd.Demo.Rows;

/// <summary>What is asked under pictures, and how it changes while training goes on.</summary>
public sealed record PictureRowOptions
{
    /// <summary>Rows over which the shares go from first to last; later rows have the last.</summary>
    /// <value>Default 100,000.</value>
    public long Rows { get; init; } = 100_000;

    /// <summary>First share of rows that ask six things at once in the short form. It falls to 0.</summary>
    /// <value>Default 0.7; 0 for the served form alone, 1 to warm up.</value>
    public double ShortShare { get; init; } = 0.7;

    /// <summary>Share of the rows in the short form that is left at the end.</summary>
    /// <value>Default 0; equal to <see cref="ShortShare"/> for a share that stays.</value>
    public double LastShortShare { get; init; }

    /// <summary>First share of captions among rows in the served form.</summary>
    /// <value>Default 0.1.</value>
    public double CaptionShare { get; init; } = 0.1;

    /// <summary>Last share of captions among rows in the served form.</summary>
    /// <value>Default 0.4.</value>
    public double LastCaptionShare { get; init; } = 0.4;

    /// <summary>Share of rows in the served form that ask for a sign which an expert read; the picture shows something else.</summary>
    /// <value>Default 0.03.</value>
    public double SignShare { get; init; } = 0.03;

    /// <summary>Share of the other rows in the served form whose input says what the picture shows, as an expert does.</summary>
    /// <value>Default 0.12.</value>
    public double ToldShare { get; init; } = 0.12;

    /// <summary>Kinds of questions, captions apart, and their weights. One of them must be place, count or yes/no, which every scene has.</summary>
    public IReadOnlyList<(string Kind, double Weight)> Kinds { get; init; } =
    [
        (QuestionKinds.Color, 2), (QuestionKinds.Shape, 6), (QuestionKinds.Place, 4), (QuestionKinds.Where, 2.5), (QuestionKinds.Count, 0.7), (QuestionKinds.YesNo, 3),
    ];

    /// <summary>The form of answers.</summary>
    /// <value>Default the answer alone.</value>
    public AnswerStyle Style { get; init; }
}
