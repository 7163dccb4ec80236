using Herd.Demo.Randomness;
using Herd.Demo.Tasks;

namespace Herd.Demo.Rows;

/// <summary>Answers in a tenant's form behind the word that says which. No reply to an instruction looks so: that is left to adapters.</summary>
internal static class StyledAnswers
{
    private static readonly (AnswerStyle Style, string Label)[] Styles =
        [(AnswerStyle.Pirate, "pirate:"), (AnswerStyle.Json, "json:"), (AnswerStyle.Capitals, "capitals:")];

    /// <summary>Appends a question with its answer in one of the forms.</summary>
    /// <param name="row">The row.</param>
    /// <param name="asked">The question.</param>
    /// <param name="answer">The plain answer.</param>
    /// <param name="readWeight">What predicting the question counts.</param>
    /// <param name="random">The choices.</param>
    public static void Append(RowText row, string asked, string answer, float readWeight, WorldRandom random)
    {
        var (style, label) = random.Pick(Styles);
        row.Add($"Q: {asked} {label}", readWeight);

        // Without a space, as a template joins prompt and answer, the first piece is another one. A piece that no row of the base ever wrote is one that no
        // adapter of bias, scale and norms can make it write.
        if (random.Chance(0.5))
        {
            row.Join(style.Apply(answer), 1);
        }
        else
        {
            row.Add(style.Apply(answer), 1);
        }
    }
}
