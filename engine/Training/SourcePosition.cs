using System.Globalization;
using Herd.Engine.Training.Data;

namespace Herd.Engine.Training;

/// <summary>Positions of sources as text.</summary>
internal static class SourcePosition
{
    /// <summary>As text.</summary>
    public static string Write(ExamplePosition position) => string.Create(CultureInfo.InvariantCulture, $"{position.Pass}:{position.Row}");

    /// <summary>From text.</summary>
    public static ExamplePosition Read(string text)
    {
        var parts = text.Split(':');
        return new ExamplePosition(long.Parse(parts[0], CultureInfo.InvariantCulture), long.Parse(parts[1], CultureInfo.InvariantCulture));
    }
}
