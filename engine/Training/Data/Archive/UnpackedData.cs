namespace Herd.Engine.Training.Data.Archive;

/// <summary>An archive's data in its folder.</summary>
/// <param name="Data">The rows to learn.</param>
/// <param name="HeldOut">The rows to check with what was learned; null where the archive has none.</param>
public sealed record UnpackedData(DataSource Data, DataSource? HeldOut)
{
    /// <summary>Finds what <see cref="DataArchive.Unpack"/> left in a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The sources.</returns>
    public static UnpackedData Open(string folder)
    {
        DataSource Source(string name) => new() { Path = Path.Combine(folder, name), Form = DataForm.JsonLines, Pictures = Path.Combine(folder, DataArchive.PicturesName) };
        return new UnpackedData(Source(DataArchive.DataName), File.Exists(Path.Combine(folder, DataArchive.HeldOutName)) ? Source(DataArchive.HeldOutName) : null);
    }
}
