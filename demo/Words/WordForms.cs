using System.Text.RegularExpressions;
using Herd.Demo.Rows;
using Herd.Demo.Tasks;

namespace Herd.Demo.Words;

/// <content>The words that a tokenizer has to know whole.</content>
public static partial class WorldWords
{
    /// <summary>Pieces of a tokenizer that has all of <see cref="Required"/> whole; the texts give hardly any more.</summary>
    public const int TokenizerSize = 1264;

    private const int SampledRows = 2_000;
    private static readonly string[] Marks = ["###", "{\"", "\":", "\"}"];

    private static readonly Lazy<IReadOnlyList<string>> Whole = new(Collect);

    /// <summary>
    /// Every word of the world, small and in capital letters, and the marks that stand together. A tokenizer that has each as one piece, and as another with
    /// a space in front, spends one token on a word wherever it stands: at the beginning, behind a new line, a quotation mark or a bracket.
    /// </summary>
    public static IReadOnlyList<string> Required => Whole.Value;

    /// <summary>Texts with all characters of the world, to train a tokenizer with.</summary>
    public static IEnumerable<string> TokenizerTexts
    {
        get
        {
            var rows = new BaseRows(seed: 0, new BaseCorpusOptions { CurriculumRows = 0 });
            return Enumerable.Range(0, SampledRows).Select(row => rows.Make(row).Text).Append(SceneQuestions.CaptionInstruction);
        }
    }

    private static string[] Collect() =>
    [
        .. Content.Concat(Content.Select(Capitals)).Concat(SignWords)
            .Concat(TokenizerTexts.SelectMany(text => Word().Matches(text)).Select(match => match.Value))
            .Concat(Marks).Distinct(),
    ];

    [GeneratedRegex("[A-Za-z]+")]
    private static partial Regex Word();
}
