using System.Security.Claims;
using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;
using Herd.Gateway.Admin;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace Herd.Gateway.Keys;

/// <summary>Who a request is made by: what its key says, and nothing else.</summary>
internal static class Caller
{
    /// <summary>The authentication scheme of keys.</summary>
    public const string Scheme = "HerdKey";

    /// <summary>The policy for the administrator's surface.</summary>
    public const string AdminPolicy = "admin";

    /// <summary>The policy for what a tenant may do at its port, and the administrator at the operator's.</summary>
    public const string UsagePolicy = "usage";

    private const string AnyScheme = "HerdKeyOrToken";
    private const int TokenDots = 2;
    private const string TenantClaim = "tenant";
    private const string KeyClaim = "key";
    private const string AdminClaim = "admin";

    /// <summary>A tenant as a principal.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="keyId">Id of its key.</param>
    /// <returns>The principal.</returns>
    public static ClaimsPrincipal Tenant(string tenant, string keyId) =>
        new(new ClaimsIdentity([new Claim(TenantClaim, tenant), new Claim(KeyClaim, keyId)], Scheme));

    /// <summary>The administrator as a principal.</summary>
    /// <returns>The principal.</returns>
    public static ClaimsPrincipal Admin() => new(new ClaimsIdentity([new Claim(AdminClaim, "true")], Scheme));

    /// <summary>Whether a principal is the administrator.</summary>
    /// <param name="user">The principal.</param>
    /// <returns>True where it is.</returns>
    public static bool IsAdmin(ClaimsPrincipal user) => user.HasClaim(claim => claim.Type == AdminClaim);

    /// <summary>The tenant that a principal is.</summary>
    /// <param name="user">The principal.</param>
    /// <returns>The tenant's name, or null where it is none.</returns>
    public static string? FindTenant(ClaimsPrincipal user) => user.FindFirstValue(TenantClaim);

    /// <summary>The tenant a request is made by.</summary>
    /// <param name="http">The request; its endpoint asks for a tenant.</param>
    /// <returns>The tenant's name.</returns>
    /// <exception cref="HerdException">The key belongs to no tenant.</exception>
    public static string TenantOf(HttpContext http) => FindTenant(http.User) ?? throw Refusal(http.User);

    /// <summary>Why a sound key may not do something.</summary>
    /// <param name="user">The key's owner.</param>
    /// <returns>The error.</returns>
    public static HerdException Refusal(ClaimsPrincipal user) => new(
        HerdErrorCode.PermissionDenied,
        IsAdmin(user) ? "The administrator's key belongs to no tenant. Use a tenant's key, or the operator's port." : "This needs the administrator's key.");

    /// <summary>Lets grain calls made for a request carry its caller.</summary>
    /// <param name="http">The request.</param>
    /// <param name="next">The rest of the pipeline.</param>
    /// <returns>A task.</returns>
    public static async Task EnterAsync(HttpContext http, RequestDelegate next)
    {
        if (FindTenant(http.User) is { } tenant)
        {
            CallerContext.SetTenant(tenant, http.User.FindFirstValue(KeyClaim) ?? "");
        }
        else if (IsAdmin(http.User))
        {
            CallerContext.SetAdmin();
        }

        await next(http);
    }

    /// <summary>Adds authentication by key and by token: every endpoint asks for a tenant's unless it says otherwise.</summary>
    /// <param name="services">The services.</param>
    public static void AddKeys(this IServiceCollection services)
    {
        services.AddSingleton<KeyVerifier>();
        services.AddSingleton<TenantCheck>();
        services.ConfigureOptions<JwtSetup>();
        services.AddAuthentication(AnyScheme)
            .AddPolicyScheme(AnyScheme, null, any => any.ForwardDefaultSelector = SchemeOf)
            .AddScheme<AuthenticationSchemeOptions, KeyAuthenticationHandler>(Scheme, null)
            .AddJwtBearer(JwtSetup.Scheme, _ => { });
        services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder(AnyScheme).RequireClaim(TenantClaim).Build())
            .AddPolicy(AdminPolicy, policy => policy.AddAuthenticationSchemes(AnyScheme).RequireClaim(AdminClaim))
            .AddPolicy(UsagePolicy, policy => policy.AddAuthenticationSchemes(AnyScheme).RequireAssertion(
                context => context.Resource is HttpContext http && (AdminListener.Has(http) ? IsAdmin(context.User) : FindTenant(context.User) is not null)));
    }

    /// <summary>A token has three parts between dots, and no key begins like one.</summary>
    private static string SchemeOf(HttpContext http) =>
        http.RequestServices.GetRequiredService<IOptions<GatewayOptions>>().Value.Jwt is not null && KeyHeader.Read(http.Request.Headers.Authorization, http.Request.Headers[KeyHeader.Alternative]) is { } sent
        && !sent.StartsWith(ApiKey.Prefix, StringComparison.Ordinal) && sent.Count(letter => letter == '.') == TokenDots
            ? JwtSetup.Scheme
            : Scheme;
}
