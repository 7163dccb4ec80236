namespace Herd.Bench;

/// <summary>The machine that was measured.</summary>
/// <param name="Cpu">The processor's name.</param>
/// <param name="Cores">Cores that this process may use.</param>
/// <param name="BFloat16">Its instructions for bfloat16 products: <c>avx512_bf16</c>, <c>amx_bf16</c>; empty where it has none.</param>
internal sealed record Machine(string Cpu, int Cores, IReadOnlyList<string> BFloat16)
{
    /// <summary>Asks the operating system.</summary>
    public static Machine Read()
    {
        var facts = File.ReadLines("/proc/cpuinfo").Select(line => line.Split(':', 2, StringSplitOptions.TrimEntries)).Where(parts => parts.Length == 2).ToArray();
        string Find(string name) => facts.FirstOrDefault(parts => parts[0] == name)?[1] ?? "";
        var flags = Find("flags").Split(' ');
        return new Machine(Find("model name"), Environment.ProcessorCount, [.. flags.Where(flag => flag is "avx512_bf16" or "amx_bf16")]);
    }
}
