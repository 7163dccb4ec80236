using Herd.Engine.Training.Data;

namespace Herd.Demo.Rows;

/// <summary>A part of a row and what predicting each of its tokens counts.</summary>
/// <param name="Text">Words with single spaces between.</param>
/// <param name="Weight">0 for what is only read.</param>
/// <param name="Follows">Whether a space stands in front of it.</param>
internal readonly record struct RowSpan(string Text, float Weight, bool Follows = true);

/// <summary>A row of training data before it is tokens.</summary>
internal sealed class RowText
{
    private readonly List<RowSpan> _spans = [];

    /// <summary>The parts.</summary>
    public IReadOnlyList<RowSpan> Spans => _spans;

    /// <summary>What predicting the end counts; null for a row without an end.</summary>
    public float? EndWeight { get; init; }

    /// <summary>The picture; null for none.</summary>
    public TrainingPicture? Picture { get; init; }

    /// <summary>The whole text.</summary>
    public string Text => string.Concat(_spans.Select((span, index) => index > 0 && span.Follows ? " " + span.Text : span.Text));

    /// <summary>Adds a part behind a space.</summary>
    public void Add(string text, float weight) => _spans.Add(new RowSpan(text, weight));

    /// <summary>Adds a part right behind the last one, as templates join a prompt and its answer.</summary>
    public void Join(string text, float weight) => _spans.Add(new RowSpan(text, weight, Follows: false));
}
