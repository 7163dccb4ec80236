using Herd.Demo.Randomness;
using Herd.Demo.Scenes;
using Herd.Demo.Tasks;

namespace Herd.Demo.Rows;

/// <summary>The texts that a base is made from.</summary>
/// <param name="seed">The run's seed.</param>
/// <param name="options">Their course.</param>
internal sealed class BaseRows(long seed, BaseCorpusOptions options)
{
    private const float Prompt = 0.02f;
    private const float Answer = 4; // one short answer in 45 tokens would vanish in a mean over tokens

    private static readonly (Form Form, double Weight)[] Mix =
    [
        (Form.Scene, 36), (Form.StyledScene, 7), (Form.Rewriting, 4), (Form.KeysAndValues, 4), (Form.Spellings, 5), (Form.Facts, 12), (Form.Instruction, 40),
    ];

    private enum Form
    {
        Scene,
        StyledScene,
        Rewriting,
        KeysAndValues,
        Spellings,
        Facts,
        Instruction,
    }

    /// <summary>A row.</summary>
    public RowText Make(long row)
    {
        var random = new WorldRandom(seed, "base", row);
        var early = row < options.CurriculumRows;
        if (random.Chance(early ? options.CurriculumRecall : options.Recall))
        {
            return RecallRows.Tuples(random);
        }

        int? objects = early ? random.Whole(1, 2) : null;
        return random.Weighted(Mix) switch
        {
            Form.Scene => SceneRows.Asked(SceneDraw.Training(random, objects), random),
            Form.StyledScene => SceneRows.Styled(SceneDraw.Training(random, objects), random),
            Form.Rewriting => SceneRows.Rewritten(SceneDraw.Training(random, objects), random),
            Form.KeysAndValues => RecallRows.KeysAndValues(random),
            Form.Spellings => RecallRows.Spellings(random),
            Form.Facts => FactRows.Make(random),
            _ => InstructionRows.Served(InstructionRows.Several(random), AnswerStyle.Plain, Prompt, Answer),
        };
    }
}
