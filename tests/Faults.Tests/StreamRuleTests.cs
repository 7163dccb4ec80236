using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Herd.Faults.Clients;
using Herd.Faults.Injection;
using Herd.Faults.Plan;
using Xunit;

namespace Herd.Faults.Tests;

public sealed class StreamRuleTests
{
    private readonly FaultLog _faults = new();

    [Theory]
    [InlineData("Broken")]
    [InlineData("Denied")]
    public void FailureOf_ErrorThatNoClientShouldSee_IsOneAlsoAmidFaults(string end)
    {
        Disturb(Part.Gateway(0), 0, 100);

        Assert.NotNull(StreamRule.FailureOf([At(10, 11, System.Enum.Parse<AttemptEnd>(end))], canGoOn: true, _faults));
    }

    [Fact]
    public void FailureOf_BrokenConnection_IsOneWhereTheGatewayWasLeftAlone()
    {
        Disturb(Part.Silo(0), 0, 100);
        Disturb(Part.Gateway(1), 0, 100);

        Assert.NotNull(StreamRule.FailureOf([At(10, 11, AttemptEnd.Cut)], canGoOn: true, _faults));
        Assert.Null(StreamRule.FailureOf([At(10, 11, AttemptEnd.Cut, gateway: 1)], canGoOn: true, _faults));
    }

    [Theory]
    [InlineData("Refused")]
    [InlineData("Silent")]
    public void FailureOf_StatelessAnswerThatEndsInTheMiddle_IsOneWhereTheClusterCouldServe(string name)
    {
        var end = System.Enum.Parse<AttemptEnd>(name);
        Disturb(Part.Silo(0), 0, 100);
        Disturb(Part.Database, 50, 60);

        Assert.NotNull(StreamRule.FailureOf([At(10, 20, end, hadBegun: true)], canGoOn: false, _faults));
        Assert.Null(StreamRule.FailureOf([At(10, 20, end, hadBegun: false)], canGoOn: false, _faults));
        Assert.Null(StreamRule.FailureOf([At(10, 20, end, hadBegun: true)], canGoOn: true, _faults));
        Assert.Null(StreamRule.FailureOf([At(45, 55, end, hadBegun: true)], canGoOn: false, _faults));
    }

    [Fact]
    public void FailureOf_RefusalsForThirtySecondsOfService_IsOne()
    {
        Assert.Null(StreamRule.FailureOf([At(0, 1, AttemptEnd.Refused), At(28, 29, AttemptEnd.Refused)], canGoOn: true, _faults));
        Assert.NotNull(StreamRule.FailureOf([At(0, 1, AttemptEnd.Refused), At(29, 31, AttemptEnd.Refused)], canGoOn: true, _faults));

        foreach (var silo in Part.Silos)
        {
            Disturb(silo, 2, 20);
        }

        Assert.Null(StreamRule.FailureOf([At(0, 1, AttemptEnd.Refused), At(29, 31, AttemptEnd.Refused)], canGoOn: true, _faults));
        Assert.NotNull(StreamRule.FailureOf([At(0, 1, AttemptEnd.Refused), At(29, 49, AttemptEnd.Refused)], canGoOn: true, _faults));
    }

    [Fact]
    public void Of_ErrorsOfTheInterface_TellWhetherToComeAgain()
    {
        Assert.Equal((AttemptEnd.Refused, TimeSpan.FromSeconds(2)), Ending(Error("OVERLOADED", TimeSpan.FromSeconds(2))));
        Assert.Equal((AttemptEnd.Denied, null), Ending(Error("NOT_FOUND", null)));
        Assert.Equal((AttemptEnd.Broken, null), Ending(Error("INTERNAL", null)));
        Assert.Equal((AttemptEnd.Cut, null), Ending(new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "connection refused"))));
        Assert.Equal((AttemptEnd.Cut, null), Ending(new HttpRequestException("connection refused")));
        Assert.Equal((AttemptEnd.Broken, null), Ending(Load.Requests.Refused(500, "<html>", null)));
        Assert.Equal(
            (AttemptEnd.Refused, TimeSpan.FromSeconds(1)),
            Ending(Load.Requests.Refused(503, """{"error":{"message":"Later.","code":"unavailable"}}""", TimeSpan.FromSeconds(1))));
    }

    private static (AttemptEnd End, TimeSpan? RetryAfter) Ending(Exception exception)
    {
        var (end, _, retryAfter) = AttemptReading.Of(exception);
        return (end, retryAfter);
    }

    private static RpcException Error(string reason, TimeSpan? retryAfter)
    {
        var status = new Google.Rpc.Status { Code = (int)StatusCode.Unavailable, Details = { Any.Pack(new ErrorInfo { Domain = "herd", Reason = reason }) } };
        if (retryAfter is { } delay)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) }));
        }

        return status.ToRpcException();
    }

    private void Disturb(Part part, int from, int until) => _faults.End(_faults.Begin(part, "a test", TimeSpan.FromSeconds(from)), TimeSpan.FromSeconds(until));

    private static Attempt At(int from, int until, AttemptEnd end, int gateway = 0, bool hadBegun = false) =>
        new(gateway, TimeSpan.FromSeconds(from), TimeSpan.FromSeconds(until), hadBegun, end, "", null);
}
