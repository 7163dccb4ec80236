namespace Herd.Contracts.Tenants;

/// <summary>Checks one API key. Key: <c>k:id</c>. Unknown ids take the same path and time as known ones.</summary>
[Alias("herd.IApiKeyGrain")]
public interface IApiKeyGrain : IGrainWithStringKey
{
    /// <summary>Compares a secret in constant time.</summary>
    /// <param name="secret">The secret part of the key.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>Who the key belongs to, or null where it does not work.</returns>
    [Alias("Verify")]
    Task<KeyIdentity?> Verify(string secret, CancellationToken cancellationToken = default);
}
