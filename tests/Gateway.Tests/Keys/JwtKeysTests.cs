using System.Security.Cryptography;
using Herd.Gateway.Keys;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace Herd.Gateway.Tests.Keys;

public sealed class JwtKeysTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void ReadFile_PemOfBothKinds_ReadsAll()
    {
        using var rsa = RSA.Create(2048);
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(_file, $"{rsa.ExportSubjectPublicKeyInfoPem()}\n{curve.ExportSubjectPublicKeyInfoPem()}\n");

        Assert.Collection(JwtKeys.ReadFile(_file), key => Assert.IsType<RsaSecurityKey>(key), key => Assert.IsType<ECDsaSecurityKey>(key));
    }

    [Fact]
    public void ReadFile_Set_LeavesSharedSecretsOut()
    {
        using var rsa = RSA.Create(2048);
        var set = $$"""{"keys":[{"kty":"oct","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTAwMDA"},{"kty":"RSA","n":"{{Base64UrlEncoder.Encode(rsa.ExportParameters(false).Modulus)}}","e":"AQAB"}]}""";
        File.WriteAllText(_file, set);

        Assert.IsNotType<SymmetricSecurityKey>(Assert.Single(JwtKeys.ReadFile(_file)));
    }

    [Fact]
    public void ReadFile_PrivateKey_IsRefused()
    {
        using var rsa = RSA.Create(2048);
        File.WriteAllText(_file, rsa.ExportPkcs8PrivateKeyPem());

        Assert.Contains("private key", Assert.Throws<InvalidDataException>(() => JwtKeys.ReadFile(_file)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"keys\":[]}")]
    [InlineData("not json")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")]
    public void ReadFile_NoKey_IsRefusedByName(string text)
    {
        File.WriteAllText(_file, text);

        Assert.Contains(_file, Assert.Throws<InvalidDataException>(() => JwtKeys.ReadFile(_file)).Message, StringComparison.Ordinal);
    }
}
