using Herd.Demo.Pictures;
using Herd.Demo.Tasks;

namespace Herd.Demo.Evaluation;

/// <summary>A question of a test set.</summary>
/// <param name="Group">What it is counted under: its kind, or a kind and what is special about it.</param>
/// <param name="Question">The question and its plain answer.</param>
/// <param name="Picture">The picture; null for none.</param>
public sealed record TestCase(string Group, Question Question, WorldPicture? Picture)
{
    /// <summary>The form in which the answer is expected.</summary>
    public AnswerStyle Style { get; init; }

    /// <summary>A sign as a PNG file, in place of a picture of the world; null for none.</summary>
    public byte[]? Sign { get; init; }

    /// <summary>Experts that look at the picture beside the model.</summary>
    public IReadOnlyList<string> Experts { get; init; } = [];

    /// <summary>The one right answer.</summary>
    public string Expected => Style.Apply(Question.Answer);

    /// <summary>Whether an answer is right: the same characters, white space at the ends apart.</summary>
    /// <param name="answer">The whole answer.</param>
    /// <returns>Whether it is.</returns>
    public bool IsRight(string answer) => string.Equals(Expected, answer?.Trim(), StringComparison.Ordinal);

    /// <summary>What the model is asked.</summary>
    /// <param name="picture">The picture it is asked about.</param>
    /// <returns>The request.</returns>
    public Asked Ask(WorldPicture? picture) => new(Question.Instruction, Question.Input, Sign ?? picture?.ToPng()) { Experts = Experts };
}
