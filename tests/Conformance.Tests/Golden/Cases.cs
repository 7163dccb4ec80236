using Xunit;

namespace Herd.Conformance.Tests.Golden;

/// <summary>Test cases out of golden files: one skipped case, saying so, where there are none.</summary>
internal static class Cases
{
    public static TheoryData<string> Of(IEnumerable<string> values, string absent) => Of(values.ToList(), "", absent);

    public static TheoryData<int> Of(int count, string absent) => Of(Enumerable.Range(0, count).ToList(), -1, absent);

    private static TheoryData<T> Of<T>(List<T> values, T none, string absent) =>
        values.Count > 0 ? [.. values] : [new TheoryDataRow<T>(none) { Skip = $"The golden files hold no {absent}." }];
}
