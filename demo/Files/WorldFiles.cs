using System.Text.Json;
using System.Text.Json.Nodes;
using Herd.Demo.Evaluation;
using Herd.Demo.Pictures;
using Herd.Demo.Randomness;
using Herd.Demo.Rows;
using Herd.Demo.Tasks;

namespace Herd.Demo.Files;

/// <summary>Writes the world as the files that training reads: texts for a base, Alpaca's and LLaVA's JSON, captions, and test sets beside them.</summary>
/// <param name="folder">An empty or new folder.</param>
/// <param name="options">How much.</param>
public sealed class WorldFiles(string folder, WorldFileOptions options)
{
    private const string PictureFolder = "pictures";
    private const long TestSeeds = 1_000_003; // test sets have another seed than training data

    private readonly WorldPictures _pictures = new(options.Seed, options.Pictures);

    /// <summary>Writes everything.</summary>
    /// <param name="cancellationToken">Ends the writing between files.</param>
    /// <returns>A task.</returns>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.Combine(folder, PictureFolder));
        for (var number = 0; number < options.Pictures; number++)
        {
            await WriteAsync(PictureName(number), _pictures[number].ToPng(), cancellationToken).ConfigureAwait(false);
        }

        var corpus = new BaseRows(options.Seed, new BaseCorpusOptions());
        await WriteAsync("base.jsonl", string.Concat(Rows().Select(row => JsonSerializer.Serialize(new { text = corpus.Make(row).Text }) + "\n")), cancellationToken).ConfigureAwait(false);
        foreach (var style in Enum.GetValues<AnswerStyle>())
        {
            var instructions = Rows().Select(row => InstructionRows.Draw(options.Seed, row, style)).Select(question => Alpaca(question, style.Apply(question.Answer)));
            await WriteAsync($"instructions-{style.ToString().ToLowerInvariant()}.json", Json(instructions), cancellationToken).ConfigureAwait(false);
        }

        await WriteAsync("questions.json", Json(Rows().Select(Conversation)), cancellationToken).ConfigureAwait(false);
        await WriteAsync("captions.jsonl", string.Concat(Enumerable.Range(0, options.Pictures).Select(Caption)), cancellationToken).ConfigureAwait(false);
        await WriteTestsAsync("test-pictures", TestSets.Pictures(options.Seed + TestSeeds, options.Tests), cancellationToken).ConfigureAwait(false);
        await WriteTestsAsync("test-unseen", TestSets.UnseenPictures(options.Seed + TestSeeds, options.Tests), cancellationToken).ConfigureAwait(false);
        await WriteTestsAsync("test-instructions", TestSets.Instructions(options.Seed + TestSeeds, options.Tests), cancellationToken).ConfigureAwait(false);
    }

    private static string PictureName(int number) => $"{PictureFolder}/{number:D5}.png";

    private static string Json(IEnumerable<JsonObject> rows) => new JsonArray([.. rows]).ToJsonString();

    private static JsonObject Alpaca(Question question, string output)
    {
        var row = new JsonObject { ["instruction"] = question.Instruction, ["output"] = output };
        if (question.Input is not null)
        {
            row["input"] = question.Input;
        }

        return row;
    }

    private IEnumerable<long> Rows() => Enumerable.Range(0, options.Rows).Select(row => (long)row);

    private JsonObject Conversation(long row)
    {
        var random = new WorldRandom(options.Seed, "conversations", row);
        var number = random.Below(options.Pictures);
        var question = SceneQuestions.Any(_pictures[number].Scene, random);
        return new JsonObject
        {
            ["id"] = $"{row}",
            ["image"] = PictureName(number),
            ["conversations"] = new JsonArray(
                new JsonObject { ["from"] = "human", ["value"] = question.Instruction }, new JsonObject { ["from"] = "gpt", ["value"] = question.Answer }),
        };
    }

    private string Caption(int number) => JsonSerializer.Serialize(new { image = PictureName(number), caption = _pictures[number].Scene.Caption }) + "\n";

    private async Task WriteTestsAsync(string name, IReadOnlyList<TestCase> cases, CancellationToken cancellationToken)
    {
        var names = new Dictionary<string, string>();
        foreach (var picture in cases.Select(test => test.Picture).OfType<WorldPicture>().DistinctBy(picture => picture.Key))
        {
            names[picture.Key] = $"{PictureFolder}/{name}-{names.Count:D4}.png";
            await WriteAsync(names[picture.Key], picture.ToPng(), cancellationToken).ConfigureAwait(false);
        }

        await WriteAsync($"{name}.json", Json(cases.Select(test => Test(test, names))), cancellationToken).ConfigureAwait(false);
    }

    private static JsonObject Test(TestCase test, Dictionary<string, string> names)
    {
        var row = Alpaca(test.Question, test.Expected);
        row["group"] = test.Group;
        if (test.Picture is not null)
        {
            row["image"] = names[test.Picture.Key];
        }

        return row;
    }

    private Task WriteAsync(string name, string text, CancellationToken cancellationToken) => File.WriteAllTextAsync(Path.Combine(folder, name), text, cancellationToken);

    private Task WriteAsync(string name, byte[] bytes, CancellationToken cancellationToken) => File.WriteAllBytesAsync(Path.Combine(folder, name), bytes, cancellationToken);
}
