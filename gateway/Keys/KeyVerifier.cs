using System.Security.Cryptography;
using System.Text;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Microsoft.Extensions.Caching.Memory;

namespace Herd.Gateway.Keys;

/// <summary>Finds out who a key belongs to, and remembers the answer for two seconds, but not beyond the key's own end.</summary>
/// <remarks>Refused keys are remembered apart from sound ones, so that a flood of guesses pushes no tenant out.</remarks>
internal sealed class KeyVerifier(IGrainFactory grains) : IDisposable
{
    private const int RememberedKeys = 10_000;
    private static readonly TimeSpan RememberFor = TimeSpan.FromSeconds(2);

    private readonly MemoryCache _sound = new(new MemoryCacheOptions { SizeLimit = RememberedKeys });
    private readonly MemoryCache _refused = new(new MemoryCacheOptions { SizeLimit = RememberedKeys });

    /// <summary>Checks a tenant's key.</summary>
    /// <param name="text">The key as it was sent.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>Who it belongs to, or null where it does not work.</returns>
    /// <exception cref="Contracts.Errors.HerdException">The key cannot be checked now.</exception>
    public async Task<KeyIdentity?> VerifyAsync(string text, CancellationToken cancellationToken)
    {
        if (ApiKey.Parse(text) is not { } key)
        {
            return null;
        }

        // The cache holds hashes: a memory dump shows no keys that nobody is using.
        var name = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        if (_sound.TryGetValue(name, out KeyIdentity? known))
        {
            return known;
        }

        if (_refused.TryGetValue(name, out _))
        {
            return null;
        }

        var identity = await grains.GetGrain<IApiKeyGrain>(GrainKeys.ApiKey(key.Id)).Verify(key.Secret, cancellationToken);
        var options = new MemoryCacheEntryOptions { AbsoluteExpiration = identity?.ExpiresAt, AbsoluteExpirationRelativeToNow = RememberFor, Size = 1 }; // whichever comes first
        (identity is null ? _refused : _sound).Set(name, identity, options);
        return identity;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sound.Dispose();
        _refused.Dispose();
    }
}
