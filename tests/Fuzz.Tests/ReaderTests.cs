using Xunit;

namespace Herd.Fuzz.Tests;

/// <summary>A short attack on every reader, with inputs that are the same every time. The long one is the program's.</summary>
public sealed class ReaderTests : IClassFixture<ReaderTests.Readers>
{
    private const int Seed = 20;
    private const long Inputs = 1_000;

    private readonly Readers _readers;

    public ReaderTests(Readers readers) => _readers = readers;

    public static TheoryData<string> Names
    {
        get
        {
            using var targets = new Targets();
            return [.. targets.All.Select(target => target.Name)];
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Read_ChangedFiles_AreReadOrRefusedWithinBounds(string name)
    {
        var outcome = new Attack(_readers.Targets.All.Single(target => target.Name == name), Seed).Run(0, Inputs);

        Assert.Empty(outcome.Findings);
        Assert.Equal(Inputs, outcome.Inputs);
        Assert.InRange(outcome.Refused, Inputs / 10, Inputs); // what changes nothing attacks nothing
    }

    /// <summary>The readers, made once.</summary>
    public sealed class Readers : IDisposable
    {
        internal Targets Targets { get; } = new();

        public void Dispose() => Targets.Dispose();
    }
}
