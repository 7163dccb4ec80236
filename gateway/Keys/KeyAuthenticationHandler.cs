using System.Security.Claims;
using System.Text.Encodings.Web;
using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Herd.Gateway.Admin;
using Herd.Gateway.Errors;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Herd.Gateway.Keys;

/// <summary>Authenticates a request by the key it carries.</summary>
internal sealed class KeyAuthenticationHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, KeyVerifier keys, AdminKey admin)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    private const string HowTo = "Send 'Authorization: Bearer herd_...'.";

    /// <inheritdoc/>
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        // A browser shows its own form for the operator's pages; tenants' keys never come that way, so no page can borrow them.
        if ((KeyHeader.Read(Request.Headers.Authorization, Request.Headers[KeyHeader.Alternative]) ?? (AdminListener.Has(Context) ? KeyHeader.ReadBasic(Request.Headers.Authorization) : null)) is not { } key)
        {
            return AuthenticateResult.NoResult();
        }

        try
        {
            return await FindAsync(key) is { } user
                ? AuthenticateResult.Success(new AuthenticationTicket(user, Scheme.Name))
                : AuthenticateResult.Fail(new HerdException(HerdErrorCode.Unauthenticated, $"The API key is unknown, expired or revoked. {HowTo}"));
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A key that cannot be checked now is no wrong key: the challenge passes the reason on.
            return AuthenticateResult.Fail(ErrorTranslation.ToHerd(exception, Context.RequestAborted));
        }
    }

    /// <inheritdoc/>
    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var result = await HandleAuthenticateOnceSafeAsync();
        var error = result.Failure as HerdException ?? new HerdException(HerdErrorCode.Unauthenticated, $"No API key was sent. {HowTo}");
        await ErrorWriter.WriteAsync(Context, error);
    }

    /// <inheritdoc/>
    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        ErrorWriter.WriteAsync(Context, Caller.Refusal(Context.User));

    private async Task<ClaimsPrincipal?> FindAsync(string key)
    {
        if (admin.Matches(key))
        {
            return Caller.Admin();
        }

        return await keys.VerifyAsync(key, Context.RequestAborted) is { } identity ? Caller.Tenant(identity.Tenant, identity.KeyId) : null;
    }
}
