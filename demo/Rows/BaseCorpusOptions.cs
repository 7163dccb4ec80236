namespace Herd.Demo.Rows;

/// <summary>The course of the texts that a base is made from.</summary>
public sealed record BaseCorpusOptions
{
    /// <summary>Rows at the beginning that are mostly recall of random words, with scenes of one and two objects.</summary>
    /// <value>Default 6,000, about a tenth of a short run.</value>
    public long CurriculumRows { get; init; } = 6_000;

    /// <summary>Share of recall among them.</summary>
    /// <value>Default 0.75.</value>
    public double CurriculumRecall { get; init; } = 0.75;

    /// <summary>Share of recall behind them.</summary>
    /// <value>Default 0.2.</value>
    public double Recall { get; init; } = 0.2;
}
