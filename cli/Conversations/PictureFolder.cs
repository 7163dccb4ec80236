using System.Security.Cryptography;
using Herd.Cli.Gateways;

namespace Herd.Cli.Conversations;

/// <summary>A folder of pictures, each in a file called as its digest.</summary>
internal sealed class PictureFolder(string path)
{
    /// <summary>Fetches pictures that are not there yet.</summary>
    /// <exception cref="CommandException">One is gone, is not what its digest says, or cannot be written.</exception>
    internal async Task FetchAsync(GatewayClient gateway, IReadOnlyCollection<string> digests, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path} cannot be made: {failed.Message}", isMisuse: false);
        }

        foreach (var digest in digests)
        {
            // It becomes the name of a file, so it is not taken on trust.
            RequireDigest(digest);
            var file = Path.Combine(path, digest);
            if (!File.Exists(file))
            {
                await NewFile.WriteAsync(file, target => FetchAsync(gateway, digest, target, cancellationToken)).ConfigureAwait(false);
            }
        }
    }

    private static async Task<bool> FetchAsync(GatewayClient gateway, string digest, Stream target, CancellationToken cancellationToken)
    {
        await gateway.ReadAsync(
            $"/v1/pictures/{digest}",
            async content =>
            {
                await content.CopyToAsync(target, cancellationToken).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        target.Position = 0;
        var found = Convert.ToHexStringLower(await SHA256.HashDataAsync(target, cancellationToken).ConfigureAwait(false));
        return found == digest ? true : throw new CommandException($"The gateway gave {found} for picture {digest}.", isMisuse: false);
    }

    private static void RequireDigest(string digest)
    {
        if (digest.Length != 2 * SHA256.HashSizeInBytes || !digest.All(char.IsAsciiHexDigitLower))
        {
            throw new CommandException($"The gateway named a picture '{digest}', which is no digest.", isMisuse: false);
        }
    }
}
