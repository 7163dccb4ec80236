using System.Security.Cryptography;
using System.Text.Json;

namespace Herd.Gateway.Serving;

/// <summary>What an order asks, in few bytes: a client that was told to come back is known by sending the same again.</summary>
internal static class OrderFingerprint
{
    /// <summary>Computes it.</summary>
    /// <param name="order">The order.</param>
    /// <returns>Equal for orders that ask the same.</returns>
    public static string Of(GenerationOrder order)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(new
        {
            order.Model,
            Prompts = order.Generations.Select(object (generation) => generation.Prompt),
            Sampling = order.Generations.Select(generation => generation.Sampling),
            order.Experts,
        }));
        if (order.Picture is { } picture)
        {
            hash.AppendData(picture.Span);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
