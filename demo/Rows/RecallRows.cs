using Herd.Demo.Randomness;
using Herd.Demo.Scenes;
using Herd.Demo.Words;

namespace Herd.Demo.Rows;

/// <summary>Random words told and asked for again: from them a model learns to look things up.</summary>
/// <remarks>
/// Scenes alone do not teach it, because a guess among three objects is right too often. The words also stand behind new lines and quotation marks and in
/// capital letters, where they are other pieces than behind a space.
/// </remarks>
internal static class RecallRows
{
    private const float Read = 0.02f;
    private const int Recalls = 10;
    private const int Pairs = 8;

    private static readonly string[] Unseen =
        [.. UnseenPairs.All.Select(pair => $"{pair.Color} {pair.Shape}").SelectMany(pair => new[] { pair, WorldWords.Capitals(pair) })];

    private static readonly string[] Where = [.. WorldWords.Rows, .. WorldWords.Columns];

    /// <summary>Two to five tuples of three words, then ten recalls: <c>&gt; dog</c> for what follows, <c>&lt; box</c> for what stands before, backwards.</summary>
    public static RowText Tuples(WorldRandom random) => WithoutUnseen(() =>
    {
        var tuples = DrawTuples(random);
        var (told, answered) = (QuotedOrNot(random), QuotedOrNot(random));
        var row = new RowText();
        var lines = tuples.Select(tuple => string.Join(' ', tuple.Select(told)));
        row.Add(random.Chance(0.3) ? string.Join('\n', lines) + "\n" : string.Join(" ; ", lines) + " .", Read);
        for (var recall = 0; recall < Recalls; recall++)
        {
            var tuple = random.Pick(tuples);
            var (asked, answer) = random.Below(5) switch
            {
                0 or 1 => ($"> {tuple[0]}", tuple[1..]),
                2 => ($"> {tuple[1]}", [tuple[2]]),
                3 => ($"< {tuple[2]}", [tuple[1], tuple[0]]),
                _ => ($"< {tuple[1]}", [tuple[0]]),
            };
            row.Add(asked, 0);
            row.Add(string.Join(' ', answer.Select(answered)), 1);
        }

        return row;
    });

    /// <summary>Keys with their values, then questions for them.</summary>
    public static RowText KeysAndValues(WorldRandom random) => WithoutUnseen(() =>
    {
        var words = random.Sample(WorldWords.Content, 2 * random.Whole(2, 6));
        var pairs = words.Chunk(2).ToArray();
        var row = new RowText();
        row.Add(string.Join(' ', pairs.Select(pair => $"{pair[0]} is {pair[1]} ,")), Read);
        for (var asked = 0; asked < Pairs; asked++)
        {
            var pair = random.Pick(pairs);
            row.Add($"Q: {pair[0]} A:", 0);
            row.Add(pair[1], 1);
        }

        return row;
    });

    /// <summary>Words and the same in capital letters or in quotation marks.</summary>
    public static RowText Spellings(WorldRandom random) => WithoutUnseen(() =>
    {
        var row = new RowText();
        foreach (var words in Enumerable.Range(0, Pairs).Select(_ => random.Sample(WorldWords.Content, random.Pick([1, 1, 2, 3]))))
        {
            var text = string.Join(' ', words);
            var (read, written) = random.Below(4) switch
            {
                0 or 1 => (text, WorldWords.Capitals(text)),
                2 => (WorldWords.Capitals(text), text),
                _ => (text, $"\"{(random.Chance(0.5) ? text : WorldWords.Capitals(text))}\""),
            };
            if (random.Chance(0.5))
            {
                row.Join($"\n{read} =", Read);
            }
            else
            {
                row.Add($"{read} =", Read);
            }

            row.Add(written, 1);
            row.Add(";", Read);
        }

        return row;
    });

    private static string[][] DrawTuples(WorldRandom random)
    {
        var count = random.Whole(2, 5);
        string[][] tuples;
        if (random.Chance(0.4))
        {
            count = Math.Min(count, WorldWords.Shapes.Count);
            var (colors, shapes, places) = (random.Sample(WorldWords.Colors, count), random.Sample(WorldWords.Shapes, count), random.Sample(Where, count));
            tuples = [.. Enumerable.Range(0, count).Select(index => new[] { colors[index], shapes[index], places[index] })];
        }
        else
        {
            tuples = [.. random.Sample(WorldWords.Content, 3 * count).Chunk(3)];
        }

        return random.Chance(0.08) ? [.. tuples.Select(tuple => tuple.Select(WorldWords.Capitals).ToArray())] : tuples;
    }

    private static Func<string, string> QuotedOrNot(WorldRandom random) => random.Chance(0.1) ? word => $"\"{word}\"" : word => word;

    private static RowText WithoutUnseen(Func<RowText> draw)
    {
        while (true)
        {
            var row = draw();
            var text = row.Text.Replace("\"", "", StringComparison.Ordinal);
            if (!Unseen.Any(pair => text.Contains(pair, StringComparison.Ordinal)))
            {
                return row;
            }
        }
    }
}
