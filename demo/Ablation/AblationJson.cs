using System.Text.Json;

namespace Herd.Demo.Ablation;

/// <summary>Results and settings in files. A file is there whole or not at all.</summary>
public static class AblationJson
{
    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Writes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="value">What is written.</param>
    public static void Write<T>(string path, T value)
    {
        File.WriteAllText(path + ".partial", JsonSerializer.Serialize(value, Form) + "\n");
        File.Move(path + ".partial", path, overwrite: true);
    }

    /// <summary>Reads.</summary>
    /// <param name="path">The file.</param>
    /// <returns>What was written.</returns>
    public static T Read<T>(string path) => JsonSerializer.Deserialize<T>(File.ReadAllText(path), Form)!;
}
