namespace Herd.Engine.Training.Data.Pictures;

/// <summary>A folder that rows name pictures in. What a row names never leads out of it.</summary>
/// <param name="path">The folder; it may itself be reached by a link.</param>
internal sealed class PictureFolder(string path)
{
    /// <summary>Reads a picture's file.</summary>
    /// <param name="name">Path within the folder, parts joined by slashes.</param>
    /// <param name="maxBytes">Most bytes it may have.</param>
    /// <returns>The whole file.</returns>
    /// <exception cref="BadRowException">There is none, the path leads elsewhere, or it is too large.</exception>
    public byte[] Read(string name, long maxBytes)
    {
        var file = new FileInfo(Resolve(name));
        if (!file.Exists || file.Length == 0)
        {
            throw Bad(name, "a picture's file", file.Exists ? "an empty one" : "none");
        }

        if (file.Length > maxBytes)
        {
            throw Bad(name, $"at most {maxBytes} bytes", $"{file.Length}");
        }

        try
        {
            return File.ReadAllBytes(file.FullName);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Bad(name, "a readable file", error.GetType().Name);
        }
    }

    private string Resolve(string name)
    {
        var place = path;
        foreach (var part in name.Split('/'))
        {
            if (part is "" or "." or ".." || part.AsSpan().ContainsAny('\\', '\0'))
            {
                throw Bad(name, "a path within the picture folder, parts joined by slashes", "another");
            }

            place = Path.Combine(place, part);
            if (new FileInfo(place).LinkTarget is not null)
            {
                throw Bad(name, "files and folders", "a link");
            }
        }

        return place;
    }

    private static BadRowException Bad(string name, string expected, string found) =>
        new(RowFault.Picture, $"picture {Checkpoints.CheckpointException.Quote(name)}: expected {expected}, found {found}");
}
