using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Herd.Testing.Checkpoints;

namespace Herd.Testing.Training;

/// <summary>Archives of data for training jobs.</summary>
public static class JobArchive
{
    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Questions whose answer is always the same one, so that a few steps teach it.</summary>
    public static byte[] Plain(int rows = 24, string answer = "yes", string? heldOut = null)
    {
        IEnumerable<JobRow> Say(int first, int count, string output) => Enumerable.Range(first, count).Select(row => new JobRow($"Say {row}.", null, output));
        return Of(Say(0, rows, answer), heldOut is null ? [] : Say(100, 4, heldOut));
    }

    /// <summary>Instructions with their answers.</summary>
    public static byte[] Of(IEnumerable<JobRow> data, IEnumerable<JobRow> heldOut)
    {
        IEnumerable<(string, byte[])> files = [("data.jsonl", Lines(data))];
        return ZipBytes.Pack(heldOut.Any() ? files.Append(("held-out.jsonl", Lines(heldOut))) : files);
    }

    /// <summary>Rows of which none is sound.</summary>
    public static byte[] Bad() => ZipBytes.Pack([("data.jsonl", "{\"instruction\": \"no answer\"}\nno JSON\n"u8.ToArray())]);

    private static byte[] Lines(IEnumerable<JobRow> rows) => Encoding.UTF8.GetBytes(string.Concat(rows.Select(row => JsonSerializer.Serialize(row, Form) + "\n")));
}

/// <summary>A row of a job's data.</summary>
public sealed record JobRow(string Instruction, string? Input, string Output);
