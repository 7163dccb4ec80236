using System.Security.Cryptography;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Herd.Gateway.Keys;

/// <summary>The public keys that tokens are checked with.</summary>
internal static class JwtKeys
{
    private const string PemLabel = "-----BEGIN ";

    /// <summary>Reads a file of keys.</summary>
    /// <param name="path">A JWKS, or one or more keys or certificates in PEM.</param>
    /// <returns>The keys, at least one.</returns>
    /// <exception cref="InvalidDataException">The file holds none, or other than public RSA and elliptic-curve keys.</exception>
    public static IReadOnlyList<SecurityKey> ReadFile(string path)
    {
        var text = File.ReadAllText(path);
        try
        {
            var keys = text.Contains(PemLabel, StringComparison.Ordinal) ? ReadPem(text) : ReadSet(text);
            return keys.Count > 0 ? keys : throw new InvalidDataException($"{path}: found no public key. Expected a JWKS or PEM.");
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            throw new InvalidDataException($"{path}: expected public RSA or elliptic-curve keys as JWKS or PEM. {exception.Message}", exception);
        }
    }

    /// <summary>Follows the keys at an address.</summary>
    /// <param name="url">Address of a JWKS.</param>
    /// <returns>What fetches the keys when they are needed, and again when a token is signed with one that is not known.</returns>
    public static IConfigurationManager<OpenIdConnectConfiguration> Follow(Uri url) => new ConfigurationManager<OpenIdConnectConfiguration>(
        url.AbsoluteUri, new SetRetriever(), new HttpDocumentRetriever { RequireHttps = url.Scheme == Uri.UriSchemeHttps });

    private static IReadOnlyList<SecurityKey> ReadSet(string json) =>
        [.. new JsonWebKeySet(json).GetSigningKeys().Where(key => key is not SymmetricSecurityKey)];

    private static List<SecurityKey> ReadPem(string text)
    {
        var keys = new List<SecurityKey>();
        var rest = text.AsSpan();
        while (PemEncoding.TryFind(rest, out var fields))
        {
            keys.Add(ReadPem(rest[fields.Location].ToString(), rest[fields.Label].ToString()));
            rest = rest[fields.Location.End..];
        }

        return keys;
    }

    private static SecurityKey ReadPem(string pem, string label)
    {
        if (label.EndsWith("PRIVATE KEY", StringComparison.Ordinal))
        {
            throw new CryptographicException("The file holds a private key, which checks nothing: put the public one there.");
        }

        if (label == "CERTIFICATE")
        {
            return new X509SecurityKey(System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(pem));
        }

        var rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(pem);
            return new RsaSecurityKey(rsa);
        }
        catch (CryptographicException)
        {
            rsa.Dispose();
            var curve = ECDsa.Create();
            curve.ImportFromPem(pem);
            return new ECDsaSecurityKey(curve);
        }
    }

    private sealed class SetRetriever : IConfigurationRetriever<OpenIdConnectConfiguration>
    {
        public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(string address, IDocumentRetriever retriever, CancellationToken cancel)
        {
            var configuration = new OpenIdConnectConfiguration();
            foreach (var key in ReadSet(await retriever.GetDocumentAsync(address, cancel)))
            {
                configuration.SigningKeys.Add(key);
            }

            return configuration;
        }
    }
}
