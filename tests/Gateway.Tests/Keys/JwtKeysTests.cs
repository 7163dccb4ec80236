using System.Security.Cryptography;
using Herd.Gateway.Keys;
using Herd.Testing;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace Herd.Gateway.Tests.Keys;

public sealed class JwtKeysTests : IDisposable
{
    private readonly TestFolder _folder = new();

    private string KeyFile => _folder.In("keys");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ReadFile_PemOfBothKinds_ReadsAll()
    {
        using var rsa = RSA.Create(2048);
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(KeyFile, $"{rsa.ExportSubjectPublicKeyInfoPem()}\n{curve.ExportSubjectPublicKeyInfoPem()}\n");

        Assert.Collection(JwtKeys.ReadFile(KeyFile), key => Assert.IsType<RsaSecurityKey>(key), key => Assert.IsType<ECDsaSecurityKey>(key));
    }

    [Fact]
    public void ReadFile_Set_LeavesSharedSecretsOut()
    {
        using var rsa = RSA.Create(2048);
        var set = $$"""{"keys":[{"kty":"oct","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTAwMDA"},{"kty":"RSA","n":"{{Base64UrlEncoder.Encode(rsa.ExportParameters(false).Modulus)}}","e":"AQAB"}]}""";
        File.WriteAllText(KeyFile, set);

        Assert.IsNotType<SymmetricSecurityKey>(Assert.Single(JwtKeys.ReadFile(KeyFile)));
    }

    [Fact]
    public void ReadFile_PrivateKey_IsRefused()
    {
        using var rsa = RSA.Create(2048);
        File.WriteAllText(KeyFile, rsa.ExportPkcs8PrivateKeyPem());

        Assert.Contains("private key", Assert.Throws<InvalidDataException>(() => JwtKeys.ReadFile(KeyFile)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"keys\":[]}")]
    [InlineData("not json")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")]
    public void ReadFile_NoKey_IsRefusedByName(string text)
    {
        File.WriteAllText(KeyFile, text);

        Assert.Contains(KeyFile, Assert.Throws<InvalidDataException>(() => JwtKeys.ReadFile(KeyFile)).Message, StringComparison.Ordinal);
    }
}
