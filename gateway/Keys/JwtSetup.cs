using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Herd.Gateway.Errors;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace Herd.Gateway.Keys;

/// <summary>How tokens are checked: issuer, audience, time, and a signature that only the issuer can make. Then the tenant they name must exist.</summary>
internal sealed class JwtSetup(IOptions<GatewayOptions> gateway, TenantCheck tenants) : IConfigureNamedOptions<JwtBearerOptions>
{
    /// <summary>The authentication scheme.</summary>
    public const string Scheme = "HerdToken";

    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    /// <inheritdoc/>
    public void Configure(JwtBearerOptions options) => Configure(Scheme, options);

    /// <inheritdoc/>
    public void Configure(string? name, JwtBearerOptions options)
    {
        if (name != Scheme || gateway.Value.Jwt is not { } jwt)
        {
            return;
        }

        options.MapInboundClaims = false;
        options.TokenValidationParameters = new TokenValidationParameters
        {
            ValidIssuer = jwt.Issuer,
            ValidAudience = jwt.Audience,
            ValidAlgorithms = Algorithms,
            ClockSkew = jwt.ClockSkew,
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            IssuerSigningKeys = jwt.KeysFile is { } file ? JwtKeys.ReadFile(file) : null,
        };
        if (jwt.KeysUrl is { } url)
        {
            options.ConfigurationManager = JwtKeys.Follow(url);
            options.RefreshOnIssuerKeyNotFound = true;
        }
        else
        {
            options.Configuration = new();
        }

        options.Events = new JwtBearerEvents
        {
            OnMessageReceived = context =>
            {
                context.Token = KeyHeader.Read(context.Request.Headers.Authorization, context.Request.Headers[KeyHeader.Alternative]);
                return Task.CompletedTask;
            },
            OnTokenValidated = context => AcceptAsync(context, jwt.TenantClaim),
            OnChallenge = RefuseAsync,
            OnForbidden = context => ErrorWriter.WriteAsync(context.HttpContext, Caller.Refusal(context.HttpContext.User)),
        };
    }

    private async Task AcceptAsync(TokenValidatedContext context, string claim)
    {
        try
        {
            // A claim that names several tenants names none.
            var tenant = context.Principal?.FindAll(claim).ToArray() is [var named] ? named.Value : null;
            if (tenant is not null && await tenants.ExistsAsync(tenant, context.HttpContext.RequestAborted))
            {
                // Nothing else that the token claims counts.
                context.Principal = Caller.Tenant(tenant, Contracts.Tenants.CallerContext.TokenKey);
                return;
            }

            context.Fail("The token names no tenant.");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A tenant that cannot be looked up now is no wrong one: the challenge passes the reason on.
            context.Fail(ErrorTranslation.ToHerd(exception, context.HttpContext.RequestAborted));
        }
    }

    private static Task RefuseAsync(JwtBearerChallengeContext context)
    {
        context.HandleResponse();

        // Why a token does not count is told to nobody who could use it to make a better one.
        var error = context.AuthenticateFailure as HerdException
            ?? new HerdException(HerdErrorCode.Unauthenticated, "The token is not valid here: check its issuer, audience, time and tenant.");
        return ErrorWriter.WriteAsync(context.HttpContext, error);
    }
}
