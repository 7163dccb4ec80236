using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Herd.Silo.Storage;

/// <summary>How values lie in columns.</summary>
internal static class Columns
{
    // PostgreSQL's text holds any character but NUL, which a tenant may send and a model may say. SUB stands before what replaces it, and before itself.
    private const string Nul = "\0";
    private const string Escape = "\u001A";
    private const string EscapedNul = Escape + "0";
    private const string EscapedEscape = Escape + Escape;

    /// <summary>Text of a tenant's or a model's, as it can be stored.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    internal static string? OfText(string? text) => text?
        .Replace(Escape, EscapedEscape, StringComparison.Ordinal)
        .Replace(Nul, EscapedNul, StringComparison.Ordinal);

    /// <summary>Text as it was before it was stored.</summary>
    [return: NotNullIfNotNull(nameof(column))]
    internal static string? Text(string? column)
    {
        if (column is null || !column.Contains(Escape, StringComparison.Ordinal))
        {
            return column;
        }

        var text = new StringBuilder(column.Length);
        for (var at = 0; at < column.Length; at++)
        {
            text.Append(column[at] != Escape[0] || at + 1 == column.Length ? column[at] : column[++at] == EscapedNul[1] ? Nul[0] : Escape[0]);
        }

        return text.ToString();
    }

    internal static DateTimeOffset Moment(long column) => DateTimeOffset.FromUnixTimeMilliseconds(column);

    internal static DateTimeOffset? Moment(long? column) => column is { } value ? Moment(value) : null;

    /// <summary>The present, as exactly as it can be stored.</summary>
    internal static DateTimeOffset Now(TimeProvider time) => Moment(Of(time.GetUtcNow()));

    internal static long Of(DateTimeOffset moment) => moment.ToUnixTimeMilliseconds();

    /// <summary>A list as JSON; null where it is empty.</summary>
    internal static string? OfList<T>(ImmutableArray<T> values) => values.IsEmpty ? null : JsonSerializer.Serialize(values);

    internal static ImmutableArray<T> List<T>(string? column) => column is null ? [] : JsonSerializer.Deserialize<ImmutableArray<T>>(column);

    internal static ImmutableArray<int> Ints(byte[]? column) => column is null ? [] : [.. MemoryMarshal.Cast<byte, int>(column)];

    internal static byte[] Of(ImmutableArray<int> values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
