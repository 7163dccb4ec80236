using System.Text.Json;

namespace Herd.Engine.Adapters;

/// <summary>Reads settings that stand for one of a few values, as manifests write them: <c>tanh</c>, <c>raw</c>, <c>base</c>, <c>tuned</c>, <c>input</c>, <c>output</c>.</summary>
public static class AdapterChoice
{
    /// <summary>The values a setting can have.</summary>
    /// <typeparam name="T">The setting.</typeparam>
    /// <returns>Their names.</returns>
    public static IReadOnlyList<string> Names<T>()
        where T : struct, Enum => [.. Enum.GetNames<T>().Select(JsonNamingPolicy.CamelCase.ConvertName)];

    /// <summary>Reads a value.</summary>
    /// <typeparam name="T">The setting.</typeparam>
    /// <param name="setting">What it is called; names it in errors.</param>
    /// <param name="text">The text; null where it is left open.</param>
    /// <returns>The value, or null.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>: another text.</exception>
    public static T? Parse<T>(string setting, string? text)
        where T : struct, Enum
    {
        if (text is null)
        {
            return null;
        }

        var place = Names<T>().ToList().IndexOf(text);
        return place >= 0
            ? Enum.GetValues<T>()[place]
            : throw new EngineException(EngineErrorCode.InvalidRequest, $"{setting}: expected {string.Join(" or ", Names<T>().Select(name => $"'{name}'"))}, found '{text}'.");
    }
}
