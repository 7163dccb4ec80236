using Herd.Engine.Bases;
using Herd.Gateway.Hosting;
using Xunit;

namespace Herd.Gateway.Tests.Hosting;

public sealed class MemoryCheckTests
{
    private static readonly LlamaConfig Llama7B = new()
    {
        Width = 4096, Layers = 32, Heads = 32, KvHeads = 32, FeedForwardWidth = 11008, Vocabulary = 32000, NormEpsilon = 1e-6f, RopeTheta = 10000,
    };

    [Fact]
    public void ValuesOf_Llama7B_IsItsKnownSize() => Assert.Equal(6_738_149_376, MemoryCheck.ValuesOf(Llama7B));

    [Fact]
    public void ValuesOf_SharedKeysAndTiedEmbeddings_AreFewer() => Assert.Equal(
        32L * ((2L * 4096 * (4096 + 1024)) + (3L * 4096 * 11008)) + (4096L * 32000),
        MemoryCheck.ValuesOf(Llama7B with { KvHeads = 8, TiedEmbeddings = true }));

    [Fact]
    public void Require_TooLittle_SaysHowMuchIsNeededAndWhatToDo()
    {
        var error = Assert.Throws<StartupException>(() => MemoryCheck.Require(1L << 30, "float32", 3L << 30));

        Assert.Equal(
            "The base needs 4.0 GiB of memory for its weights in float32; 3.0 GiB are available.\n"
            + "Serve it with --dtype bfloat16, free memory, or take a smaller base or a larger machine.",
            error.Message);
    }

    [Fact]
    public void Require_Enough_IsSilent() => MemoryCheck.Require(1L << 30, "bfloat16", 2L << 30);
}
