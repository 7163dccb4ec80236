namespace Herd.Demo.Words;

/// <summary>The words of the small world.</summary>
public static partial class WorldWords
{
    /// <summary>Colours of objects.</summary>
    public static IReadOnlyList<string> Colors { get; } = ["red", "green", "blue", "yellow", "white", "black"];

    /// <summary>Shapes of objects.</summary>
    public static IReadOnlyList<string> Shapes { get; } = ["circle", "square", "triangle", "cross"];

    /// <summary>Rows of a scene, from above.</summary>
    public static IReadOnlyList<string> Rows { get; } = ["top", "middle", "bottom"];

    /// <summary>Columns of a scene, from the left.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["left", "center", "right"];

    /// <summary>Names of the cells, row by row.</summary>
    public static IReadOnlyList<string> Places { get; } = [.. Rows.SelectMany(row => Columns.Select(column => $"{row} {column}"))];

    /// <summary>Words for 0 to 3.</summary>
    public static IReadOnlyList<string> Numbers { get; } = ["zero", "one", "two", "three"];

    /// <summary>Pairs of opposites.</summary>
    public static IReadOnlyList<(string One, string Other)> Opposites { get; } =
    [
        ("hot", "cold"), ("big", "small"), ("day", "night"), ("up", "down"), ("fast", "slow"), ("happy", "sad"), ("old", "young"), ("wet", "dry"),
        ("hard", "soft"), ("open", "closed"), ("full", "empty"), ("rich", "poor"), ("near", "far"), ("high", "low"), ("long", "short"), ("good", "bad"),
    ];

    /// <summary>Things and the colour each has.</summary>
    public static IReadOnlyList<(string Thing, string Color)> ColorsOfThings { get; } =
    [
        ("banana", "yellow"), ("grass", "green"), ("sky", "blue"), ("snow", "white"), ("coal", "black"), ("blood", "red"), ("lemon", "yellow"), ("leaf", "green"),
        ("sea", "blue"), ("milk", "white"), ("soot", "black"), ("cherry", "red"), ("sun", "yellow"), ("frog", "green"), ("salt", "white"), ("rose", "red"),
    ];

    /// <summary>Things and their kind.</summary>
    public static IReadOnlyList<(string Thing, string Kind)> KindsOfThings { get; } =
    [
        ("dog", "animal"), ("cat", "animal"), ("horse", "animal"), ("bird", "animal"), ("banana", "fruit"), ("pear", "fruit"), ("lemon", "fruit"), ("cherry", "fruit"),
        ("hammer", "tool"), ("saw", "tool"), ("knife", "tool"), ("drill", "tool"), ("car", "vehicle"), ("bus", "vehicle"), ("train", "vehicle"), ("boat", "vehicle"),
    ];

    /// <summary>Words that lists are made of.</summary>
    public static IReadOnlyList<string> ListWords { get; } =
        [.. KindsOfThings.Select(thing => thing.Thing), "sun", "moon", "house", "door", "book", "river", "stone", "tree", "lamp", "hat", "cup", "box"];

    /// <summary>Words on signs.</summary>
    public static IReadOnlyList<string> SignWords { get; } =
        ["STOP", "EXIT", "OPEN", "CLOSED", "SLOW", "FAST", "BUS", "TRAIN", "BOAT", "TAXI", "HOTEL", "BANK", "PARK", "SALE", "WAIT", "HELP"];

    /// <summary>Every word that an answer may hold, small.</summary>
    public static IReadOnlyList<string> Content { get; } =
    [
        .. Colors.Concat(Shapes).Concat(Rows).Concat(Columns).Concat(Numbers).Concat(["yes", "no", "nothing", "and"])
            .Concat(Opposites.SelectMany(pair => new[] { pair.One, pair.Other }))
            .Concat(ColorsOfThings.Select(thing => thing.Thing))
            .Concat(KindsOfThings.SelectMany(thing => new[] { thing.Thing, thing.Kind }))
            .Concat(ListWords)
            .Distinct(),
    ];

    /// <summary>A word in capital letters.</summary>
    /// <param name="text">Small letters and anything else.</param>
    /// <returns>The text in capital letters.</returns>
    public static string Capitals(string text) => (text ?? throw new ArgumentNullException(nameof(text))).ToUpperInvariant();
}
