using System.ComponentModel.DataAnnotations;

namespace Herd.Gateway.Keys;

/// <summary>Signed tokens (JWT) of one issuer that are taken beside keys. Configuration section <c>Gateway:Jwt</c>.</summary>
/// <remarks>Only asymmetric signatures are taken: whoever can check one cannot make one.</remarks>
internal sealed class JwtOptions : IValidatableObject
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Gateway:Jwt";

    /// <summary>Who issues the tokens: their <c>iss</c>.</summary>
    [Required]
    public string Issuer { get; set; } = "";

    /// <summary>Whom they are for: their <c>aud</c>.</summary>
    [Required]
    public string Audience { get; set; } = "";

    /// <summary>The claim that names the tenant.</summary>
    /// <value>Default <c>tenant</c>.</value>
    [Required]
    public string TenantClaim { get; set; } = "tenant";

    /// <summary>Address of the issuer's keys as a JWKS; read again when they change.</summary>
    public Uri? KeysUrl { get; set; }

    /// <summary>File with the issuer's public keys: a JWKS, or PEM. Read at start.</summary>
    public string? KeysFile { get; set; }

    /// <summary>How far the clocks may differ.</summary>
    /// <value>Default 30 s, at most 5 min.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (KeysUrl is null == KeysFile is null)
        {
            yield return new ValidationResult("Gateway:Jwt needs either KeysUrl or KeysFile.");
        }

        if (KeysUrl is { IsAbsoluteUri: false } || (KeysUrl is { IsLoopback: false } && KeysUrl.Scheme != Uri.UriSchemeHttps))
        {
            yield return new ValidationResult("Gateway:Jwt:KeysUrl must be an https address.");
        }

        if (KeysFile is { } file && !File.Exists(file))
        {
            yield return new ValidationResult($"Gateway:Jwt:KeysFile: there is no file '{file}'.");
        }
    }
}
