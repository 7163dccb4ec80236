using Google.Rpc;
using Grpc.Core;
using Herd.Contracts.Errors;
using Herd.Gateway.Errors;
using Xunit;

namespace Herd.Gateway.Tests.Errors;

public sealed class ErrorTableTests
{
    public static TheoryData<HerdErrorCode> Codes => [.. Enum.GetValues<HerdErrorCode>()];

    [Theory]
    [MemberData(nameof(Codes))]
    public void Of_EveryCode_HasAFormThatIsAnError(HerdErrorCode code)
    {
        var form = ErrorTable.Of(code);

        Assert.NotEqual(StatusCode.OK, form.Grpc);
        Assert.InRange(form.Http, 400, 599);
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public void RetryAfter_RefusalForWantOfRoom_IsAlwaysThere(HerdErrorCode code)
    {
        var error = new HerdException(code, "no");

        Assert.Equal(ErrorTable.Of(code).Http is 429 or 503 && code != HerdErrorCode.QuotaExceeded, ErrorTable.RetryAfter(error) is not null);
    }

    [Fact]
    public void ToRpc_Error_CarriesReasonFieldAndRetryTime()
    {
        var error = new HerdException(HerdErrorCode.LimitExceeded, "Too many.") { Field = "n", Limit = "requests_per_minute", RetryAfter = TimeSpan.FromSeconds(3) };

        var rpc = GrpcErrors.ToRpc(error);

        Assert.Equal((StatusCode.ResourceExhausted, "Too many."), (rpc.StatusCode, rpc.Status.Detail));
        var status = rpc.GetRpcStatus()!;
        Assert.Equal(("herd", "LIMIT_EXCEEDED"), (status.GetDetail<ErrorInfo>().Domain, status.GetDetail<ErrorInfo>().Reason));
        Assert.Equal("requests_per_minute", status.GetDetail<ErrorInfo>().Metadata["limit"]);
        Assert.Equal("n", Assert.Single(status.GetDetail<BadRequest>().FieldViolations).Field);
        Assert.Equal(TimeSpan.FromSeconds(3), status.GetDetail<RetryInfo>().RetryDelay.ToTimeSpan());
    }

    [Fact]
    public void ToHerd_UnknownException_TellsNoDetails()
    {
        var error = ErrorTranslation.ToHerd(new InvalidOperationException("the password is swordfish"), CancellationToken.None);

        Assert.Equal(HerdErrorCode.Internal, error.Code);
        Assert.DoesNotContain("swordfish", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToHerd_LostCall_MayBeTriedAgain()
    {
        Assert.All<Exception>([new TimeoutException(), new TaskCanceledException()], exception =>
        {
            var error = ErrorTranslation.ToHerd(exception, CancellationToken.None);

            Assert.Equal(HerdErrorCode.Unavailable, error.Code);
            Assert.NotNull(error.RetryAfter);
        });
    }

    [Fact]
    public void ToHerd_CallOfAClientWhoLeft_IsCancelled() =>
        Assert.Equal(HerdErrorCode.Cancelled, ErrorTranslation.ToHerd(new TaskCanceledException(), new CancellationToken(canceled: true)).Code);
}
