using Herd.Engine.Bases;
using Herd.Silo.Startup;

namespace Herd.Silo.Tests.Startup;

public sealed class MemoryCheckTests
{
    private const long Values7B = 6_738_149_376;

    private static readonly LlamaConfig Llama7B = new()
    {
        Width = 4096, Layers = 32, Heads = 32, KvHeads = 32, FeedForwardWidth = 11008, Vocabulary = 32000, NormEpsilon = 1e-6f, RopeTheta = 10000,
    };

    [Fact]
    public void BytesOf_Llama7B_IsItsKnownSize() => Assert.Equal((4 * Values7B, 2 * Values7B), (MemoryCheck.BytesOf(Llama7B, "float32", false), MemoryCheck.BytesOf(Llama7B, "bfloat16", false)));

    [Fact]
    public void BytesOf_SharedKeysAndTiedEmbeddings_AreFewer() => Assert.Equal(
        2 * ((32L * ((2L * 4096 * (4096 + 1024)) + (3L * 4096 * 11008))) + (4096L * 32000)),
        MemoryCheck.BytesOf(Llama7B with { KvHeads = 8, TiedEmbeddings = true }, "bfloat16", false));

    [Fact]
    public void BytesOf_Int8_KeepsEmbeddingAndOutput()
    {
        const long Ends = 2L * 4096 * 32000;
        Assert.Equal((2 * Ends) + (Values7B - Ends) + ((Values7B - Ends) / 16), MemoryCheck.BytesOf(Llama7B, "bfloat16", true));
    }

    [Theory]
    [InlineData("float32", false, "25.1 GiB of memory for its weights in float32", "--dtype bfloat16, free")]
    [InlineData("bfloat16", false, "12.6 GiB of memory for its weights in bfloat16", "--weights int8, free")]
    [InlineData("bfloat16", true, "6.9 GiB of memory for its weights in int8", "Free memory")]
    public void Require_TooLittle_SaysHowMuchIsNeededAndWhatToDo(string dtype, bool int8, string needed, string cure)
    {
        var error = Assert.Throws<StartupException>(() => MemoryCheck.Require(Llama7B, dtype, int8, 3L << 30));

        Assert.StartsWith($"The base needs {needed}; 3.0 GiB are available.\n", error.Message, StringComparison.Ordinal);
        Assert.Contains(cure, error.Message, StringComparison.Ordinal);
        Assert.EndsWith("or take a smaller base or a larger machine.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Require_Enough_IsSilent() => MemoryCheck.Require(Llama7B, "bfloat16", false, 13L << 30);
}
