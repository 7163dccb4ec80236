namespace Herd.Demo.Evaluation;

/// <summary>Asks a model a test set and counts.</summary>
/// <param name="ask">Asks the model; several questions may be under way. What it throws ends the evaluation.</param>
/// <param name="options">How.</param>
public sealed class Evaluator(Func<Asked, CancellationToken, Task<string>> ask, EvaluationOptions? options = null)
{
    private readonly EvaluationOptions _options = options ?? new EvaluationOptions();

    /// <summary>Evaluates a model.</summary>
    /// <param name="name">What the report calls it.</param>
    /// <param name="cases">The test set, not empty.</param>
    /// <param name="cancellationToken">Ends the evaluation.</param>
    /// <returns>The counts.</returns>
    public async Task<EvaluationReport> RunAsync(string name, IReadOnlyList<TestCase> cases, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(cases);
        var answers = await AnswersAsync(cases, index => cases[index].Ask(cases[index].Picture), cancellationToken).ConfigureAwait(false);
        string?[]? blind = null, wrong = null;
        if (_options.Controls)
        {
            blind = await AnswersAsync(cases, index => cases[index].Picture is null ? null : cases[index].Ask(null), cancellationToken).ConfigureAwait(false);
            wrong = await AnswersAsync(cases, index => AskWrong(cases, index), cancellationToken).ConfigureAwait(false);
        }

        var groups = Enumerable.Range(0, cases.Count).GroupBy(index => cases[index].Group)
            .Select(group => Score(group.Key, [.. group], cases, answers, blind, wrong));
        return new EvaluationReport(name, [.. groups]);
    }

    private static Asked? AskWrong(IReadOnlyList<TestCase> cases, int index) =>
        cases[index].Picture is not null && WrongPictures.For(cases, index) is { } picture ? cases[index].Ask(picture) : null;

    private async Task<string?[]> AnswersAsync(IReadOnlyList<TestCase> cases, Func<int, Asked?> question, CancellationToken cancellationToken)
    {
        var answers = new string?[cases.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = _options.AtATime, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, cases.Count, parallel, async (index, cancel) =>
        {
            if (question(index) is { } asked)
            {
                answers[index] = await ask(asked, cancel).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
        return answers;
    }

    private GroupScore Score(string group, int[] members, IReadOnlyList<TestCase> cases, string?[] answers, string?[]? blind, string?[]? wrong) =>
        new(group, Count(members, cases, answers)!, Majority(members, cases))
        {
            Blind = Count(members, cases, blind),
            WrongPicture = Count(members, cases, wrong),
            Misses = [.. members.Where(index => !cases[index].IsRight(answers[index]!)).Take(_options.KeptMisses).Select(index => MissOf(cases[index], answers[index]!))],
        };

    private static Proportion? Count(int[] members, IReadOnlyList<TestCase> cases, string?[]? answers)
    {
        int[] answered = answers is null ? [] : [.. members.Where(index => answers[index] is not null)];
        return answered.Length == 0 ? null : new Proportion(answered.Count(index => cases[index].IsRight(answers![index]!)), answered.Length);
    }

    private static Proportion Majority(int[] members, IReadOnlyList<TestCase> cases) =>
        new(members.GroupBy(index => cases[index].Expected).Max(same => same.Count()), members.Length);

    private static Miss MissOf(TestCase test, string answer) =>
        new(test.Question.Instruction, test.Question.Input, test.Picture?.Scene.Caption, test.Expected, answer);
}
