using Herd.Faults.Plan;
using Xunit;

namespace Herd.Faults.Tests;

public sealed class FaultPlanTests
{
    private const int Many = 600;
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(35);

    [Fact]
    public void Steps_OfOneSeed_AreTheSame() => Assert.Equal(Lines(7), Lines(7));

    [Fact]
    public void Steps_OfAnotherSeed_AreOthers() => Assert.NotEqual(Lines(7), Lines(8));

    [Theory]
    [InlineData(false, 10)]
    [InlineData(true, 12)]
    public void Steps_OfOneRound_AreOfEveryKind(bool hasServer, int kinds)
    {
        var round = Steps(3, hasServer).Take(kinds).ToList();

        Assert.Equal(kinds, round.Select(step => step.Name).Distinct().Count());
        Assert.Equal(hasServer, round.Exists(step => step.Faults.Any(fault => fault.Part == Part.Database)));
    }

    [Fact]
    public void Steps_LeaveASiloAndAGatewayButForOneKind()
    {
        foreach (var step in Steps(11, hasServer: true))
        {
            var parts = step.Faults.Select(fault => fault.Part).ToList();
            Assert.Equal(parts.Count, parts.Distinct().Count());
            Assert.True(step.Name == "everything killed" || (Part.Silos.Except(parts).Any() && Part.Gateways.Except(parts).Any()), step.ToString());
            Assert.All(step.Faults, fault => Assert.InRange(fault.Away, TimeSpan.Zero, fault.Kind == FaultKind.Suspend ? LongestSleep : TimeSpan.FromSeconds(8)));
        }
    }

    private static IEnumerable<string> Lines(int seed) => Steps(seed, hasServer: true).Select(step => $"{step.Pause} {step}");

    private static IEnumerable<FaultStep> Steps(int seed, bool hasServer) => new FaultPlan(seed, hasServer, LongestSleep).Steps().Take(Many);
}
