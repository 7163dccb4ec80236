using System.Globalization;
using Herd.Demo.Randomness;
using Herd.Demo.Tasks;

namespace Herd.Demo.Rows;

/// <summary>Facts, lists and signs in plain texts: here stands also what no instruction asks in training.</summary>
internal static class FactRows
{
    private const int Questions = 6;
    private const float Read = 0.03f;
    private const double StyledShare = 0.25;

    // Many frames, so that what is known is known in any of them, the served one among these.
    private static readonly string[] Frames =
        ["Q: {0} A:", "Instruction:\n{0}\n\nResponse:", "task: {0} response:", "{0}", "Instruction: {0}\nInput:\n\nResponse:", "Write a response.\n\n{0}\n\n###"];

    private static readonly (string Kind, double Weight)[] Kinds =
    [
        (QuestionKinds.Add, 3), (QuestionKinds.Opposite, 3), (QuestionKinds.ColorOf, 1.5), (QuestionKinds.KindOf, 1.5), (QuestionKinds.First, 1), (QuestionKinds.Last, 1), (QuestionKinds.Sign, 0.5), (QuestionKinds.Capitals, 1),
    ];

    /// <summary>Some questions with their answers.</summary>
    public static RowText Make(WorldRandom random)
    {
        var row = new RowText();
        for (var asked = 0; asked < Questions; asked++)
        {
            Append(row, Draw(random), random);
        }

        return row;
    }

    private static void Append(RowText row, Question question, WorldRandom random)
    {
        var asked = question.Input is null ? question.Instruction : $"{question.Instruction} {question.Input}";
        if (random.Chance(StyledShare))
        {
            StyledAnswers.Append(row, asked, question.Answer, Read, random);
            return;
        }

        row.Add(string.Format(CultureInfo.InvariantCulture, random.Pick(Frames), asked), Read);
        row.Add(question.Answer, 1);
    }

    private static Question Draw(WorldRandom random)
    {
        var kind = random.Weighted(Kinds);
        return Fact.All.Contains(kind) ? random.Pick([.. Fact.All[kind]]).Question : TextTasks.OfKind(kind, random, heldOut: false);
    }
}
