using Herd.Demo.Randomness;
using Herd.Demo.Scenes;
using Herd.Demo.Tasks;
using Herd.Engine.Prompts;
using Herd.Engine.Training.Data;

namespace Herd.Demo.Rows;

/// <summary>Instructions without pictures, in the form that is served, answered in a tenant's style.</summary>
internal static class InstructionRows
{
    private const float EndShare = 0.3f; // of an answer token's weight

    private const double SceneShare = 0.35;
    private const int SceneTurns = 6;

    private static readonly PromptTemplate Template = PromptTemplate.Get("alpaca");

    // Several unrelated questions in a row teach as much of a dialogue's later turns as of its first, and an answer costs half the tokens.
    private static readonly (int Turns, double Weight)[] Lengths = [(1, 4), (2, 3), (3, 3)];

    /// <summary>A row of which only the answers are learned.</summary>
    public static RowText Make(long seed, long row, AnswerStyle style) => Served(Several(Random(seed, row, style)), style, promptWeight: 0, answerWeight: 1);

    /// <summary>A row's first question.</summary>
    public static Question Draw(long seed, long row, AnswerStyle style) => One(Random(seed, row, style));

    /// <summary>A question, and perhaps others behind it, unrelated or about the same scene.</summary>
    public static IReadOnlyList<Question> Several(WorldRandom random) => random.Chance(SceneShare)
        ? TextTasks.AboutOneScene(SceneDraw.Training(random), random, SceneTurns)
        : [One(random), .. Enumerable.Range(1, random.Weighted(Lengths) - 1).Select(_ => One(random))];

    /// <summary>The turns of a dialogue in the served form.</summary>
    public static RowText Served(IReadOnlyList<Question> turns, AnswerStyle style, float promptWeight, float answerWeight, TrainingPicture? picture = null)
    {
        var row = new RowText { EndWeight = answerWeight * EndShare, Picture = picture };
        row.Add(Template.RenderOpening(null, turns[0].Instruction, turns[0].Input), promptWeight);
        row.Join(style.Apply(turns[0].Answer), answerWeight);
        foreach (var turn in turns.Skip(1))
        {
            row.Join(Template.RenderContinuation(turn.Instruction, turn.Input), promptWeight);
            row.Join(style.Apply(turn.Answer), answerWeight);
        }

        return row;
    }

    private static WorldRandom Random(long seed, long row, AnswerStyle style) => new(seed, $"instructions {style}", row);

    private static Question One(WorldRandom random) => TextTasks.Any(random, heldOut: false);
}
