namespace Herd.Cli.Conversations;

/// <summary>Writes files that are there whole or not at all.</summary>
internal static class NewFile
{
    /// <summary>Writes a file, in the place of one that is there.</summary>
    /// <typeparam name="T">What the writing tells.</typeparam>
    /// <exception cref="CommandException">It cannot be written.</exception>
    internal static async Task<T> WriteAsync<T>(string path, Func<Stream, Task<T>> write)
    {
        var partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            T told;
            await using (var content = new FileStream(partial, FileMode.CreateNew))
            {
                told = await write(content).ConfigureAwait(false);
            }

            File.Move(partial, path, overwrite: true);
            return told;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path} cannot be written: {failed.Message}", isMisuse: false);
        }
        finally
        {
            if (File.Exists(partial))
            {
                File.Delete(partial);
            }
        }
    }
}
