using Herd.Engine.Experts;

namespace Herd.Demo.Evaluation;

/// <summary>Asks with an expert's line and without, however sure the expert is, to see from which confidence on it helps.</summary>
/// <param name="ask">Asks the model.</param>
/// <param name="hear">Asks the experts that the question names, and tells what the first one said.</param>
public sealed class ConfidenceStudy(Func<Asked, CancellationToken, Task<string>> ask, Func<Asked, CancellationToken, Task<ExpertFinding>> hear)
{
    /// <summary>Tries an expert.</summary>
    /// <param name="name">What the report calls it.</param>
    /// <param name="expert">The expert's name.</param>
    /// <param name="label">What its line begins with.</param>
    /// <param name="cases">Questions with the pictures that it looks at.</param>
    /// <param name="truth">What it should say of a case; empty for nothing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What came of it.</returns>
    public async Task<ConfidenceReport> RunAsync(
        string name, string expert, string label, IReadOnlyList<TestCase> cases, Func<TestCase, string> truth, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(cases);
        ArgumentNullException.ThrowIfNull(truth);
        var trials = new ExpertTrial[cases.Count];
        await Parallel.ForAsync(0, cases.Count, cancellationToken, async (index, cancel) =>
        {
            var (test, asked) = (cases[index], cases[index].Ask(cases[index].Picture) with { Experts = [] });
            var heard = await hear(asked with { Experts = [expert] }, cancel).ConfigureAwait(false);
            var without = test.IsRight(await ask(asked, cancel).ConfigureAwait(false));
            var with = heard.Text.Length == 0 ? without : test.IsRight(await ask(asked with { Input = ExpertText.Line(label, heard.Text) }, cancel).ConfigureAwait(false));
            trials[index] = new ExpertTrial(heard.Text.Length == 0 ? null : heard.Confidence, heard.Text == truth(test), with, without);
        }).ConfigureAwait(false);
        return new ConfidenceReport(name, trials);
    }
}
