using System.Text.Json.Nodes;
using Herd.Demo.Evaluation;
using Herd.Engine.Experts;

namespace Herd.Demo.Pipeline;

/// <summary>Measures the demo's models on scenes and instructions that no training row has.</summary>
/// <param name="ask">Asks a model by its name: an adapter's, or <see cref="Base"/>.</param>
/// <param name="size">How much is asked.</param>
/// <param name="tell">Told each table as it is made.</param>
/// <param name="isServed">Whether an adapter of this name is there; the others are left out. Null where all are.</param>
/// <param name="hear">Asks a model's experts, for questions of how sure they are; null where there are none.</param>
public sealed class DemoReport(Func<string, Asked, CancellationToken, Task<string>> ask, DemoReportSize size, Action<string> tell, Func<string, bool>? isServed = null, Func<string, Asked, CancellationToken, Task<ExpertFinding>>? hear = null)
{
    /// <summary>The name of the bare base.</summary>
    public const string Base = "base";

    private const long TestSeed = 20_261;
    private const int WornPerSign = 5;

    private readonly List<IReport> _tables = [];

    /// <summary>Asks everything and writes the report, as JSON and beside it as Markdown.</summary>
    /// <param name="path">The JSON file.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task WriteAsync(string path, CancellationToken cancellationToken)
    {
        await AddAsync(Base, "instructions", TestSets.Instructions(TestSeed, size.PerKind), cancellationToken).ConfigureAwait(false);
        foreach (var adapter in DemoAdapters.All.Where(adapter => isServed?.Invoke(adapter.Name) ?? true))
        {
            await AddAsync(adapter.Name, "instructions", TestSets.Instructions(TestSeed, size.PerKind, adapter.Style), cancellationToken).ConfigureAwait(false);
            if (adapter.TakesPictures)
            {
                await AddPicturesAsync(adapter, cancellationToken).ConfigureAwait(false);
            }
        }

        var json = new JsonArray([.. _tables.Select(table => JsonNode.Parse(table.ToJson()))]);
        await File.WriteAllTextAsync(path, json.ToJsonString(new() { WriteIndented = true }) + "\n", cancellationToken).ConfigureAwait(false);
        await File.WriteAllTextAsync(Path.ChangeExtension(path, ".md"), string.Join('\n', _tables.Select(table => table.ToMarkdown())), cancellationToken).ConfigureAwait(false);
    }

    private async Task AddPicturesAsync(DemoAdapter adapter, CancellationToken cancellationToken)
    {
        var heldOut = adapter.Asked(TestSets.Pictures(TestSeed, size.Pictures));
        await AddAsync(adapter.Name, "held-out scenes", heldOut, cancellationToken).ConfigureAwait(false);
        await AddAsync(adapter.Name, "unseen pairs", adapter.Asked(TestSets.UnseenPictures(TestSeed, size.UnseenPictures)), cancellationToken).ConfigureAwait(false);
        if (adapter.Questions.ToldShare == 0)
        {
            return;
        }

        if (size.Signs > 0)
        {
            await AddAsync(adapter.Name, "signs", [.. TestSets.Signs(TestSeed, size.Signs, read: true), .. TestSets.Signs(TestSeed, size.Signs, read: false)], cancellationToken).ConfigureAwait(false);
            await AddConfidencesAsync(adapter.Name, heldOut, cancellationToken).ConfigureAwait(false);
        }

        foreach (var condition in Enum.GetValues<ExpertCondition>())
        {
            await AddAsync(adapter.Name, $"held-out scenes, expert {condition.ToString().ToLowerInvariant()}", TestSets.WithExpert(heldOut, condition), cancellationToken, new EvaluationOptions { Controls = false }).ConfigureAwait(false);
        }
    }

    // Half of what the reader of words sees are worn signs, half are pictures without any.
    private async Task AddConfidencesAsync(string model, IReadOnlyList<TestCase> heldOut, CancellationToken cancellationToken)
    {
        if (hear is null)
        {
            return;
        }

        var study = new ConfidenceStudy((asked, cancel) => ask(model, asked, cancel), (asked, cancel) => hear(model, asked, cancel));
        TestCase[] words = [.. TestSets.WornSigns(TestSeed, WornPerSign * size.Signs), .. heldOut.Take(WornPerSign * size.Signs)];
        Add(await study.RunAsync($"{model}: expert ocr by confidence", "ocr", "OCR", words, test => test.Sign is null ? "" : test.Expected, cancellationToken).ConfigureAwait(false));
        if (isServed?.Invoke(DemoAdapters.Captioner) ?? true)
        {
            Add(await study.RunAsync($"{model}: expert caption by confidence", $"caption:{DemoAdapters.Captioner}", "Caption", heldOut, test => test.Picture!.Scene.Caption, cancellationToken).ConfigureAwait(false));
        }
    }

    private async Task AddAsync(string model, string what, IReadOnlyList<TestCase> cases, CancellationToken cancellationToken, EvaluationOptions? options = null)
    {
        var evaluator = new Evaluator((asked, cancel) => ask(model, asked, cancel), options);
        Add(await evaluator.RunAsync($"{model}: {what}", cases, cancellationToken).ConfigureAwait(false));
    }

    private void Add(IReport table)
    {
        _tables.Add(table);
        tell(table.ToMarkdown());
    }
}

/// <summary>How much a report asks.</summary>
/// <param name="Pictures">Pictures of held-out scenes.</param>
/// <param name="UnseenPictures">Pictures with pairs of colour and shape that no training row has.</param>
/// <param name="PerKind">Most instructions of a kind.</param>
/// <param name="Signs">Signs; 0 where nobody reads them.</param>
public sealed record DemoReportSize(int Pictures = 200, int UnseenPictures = 100, int PerKind = 50, int Signs = 0);
