using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Herd.Silo.Storage;

/// <summary>How values lie in columns.</summary>
internal static class Columns
{
    internal static DateTimeOffset Moment(long column) => DateTimeOffset.FromUnixTimeMilliseconds(column);

    internal static DateTimeOffset? Moment(long? column) => column is { } value ? Moment(value) : null;

    internal static long Of(DateTimeOffset moment) => moment.ToUnixTimeMilliseconds();

    internal static ImmutableArray<int> Ints(byte[]? column) => column is null ? [] : [.. MemoryMarshal.Cast<byte, int>(column)];

    internal static byte[] Of(ImmutableArray<int> values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
