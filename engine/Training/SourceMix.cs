namespace Herd.Engine.Training;

/// <summary>Deals the steps out to sources by their shares, evenly: no source is ever a whole step behind its share.</summary>
/// <param name="shares">Share of each source, more than 0.</param>
internal sealed class SourceMix(IReadOnlyList<double> shares)
{
    private readonly long[] _dealt = new long[shares.Count];
    private readonly double _sum = shares.Sum();

    /// <summary>Steps that each source has had; set to what it was to go on from there.</summary>
    public IReadOnlyList<long> Dealt
    {
        get => _dealt;
        set => value.ToArray().CopyTo(_dealt, 0);
    }

    /// <summary>The source of the next step: the one that is furthest behind, the first among equals.</summary>
    /// <returns>Its index.</returns>
    public int Next()
    {
        var next = _dealt.Sum() + 1;
        var chosen = Enumerable.Range(0, _dealt.Length).MaxBy(index => (shares[index] / _sum * next) - _dealt[index]);
        _dealt[chosen]++;
        return chosen;
    }
}
