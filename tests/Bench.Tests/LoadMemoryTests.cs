using Herd.Testing;
using Xunit;

namespace Herd.Bench.Tests;

/// <summary>What loading costs in memory, on a base large enough that the program itself counts for little.</summary>
public sealed class LoadMemoryTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Load_NothingToConvert_LeavesTheWeightsInTheFile()
    {
        var memory = await LoadAsync("--form", "Meta");

        Assert.InRange((memory["MostAnonymousLoading"] - memory["AnonymousBefore"]) / memory["FileBytes"], 0, 0.25 + Program(memory));
        Assert.InRange(memory["PeakLoading"] / memory["FileBytes"], 1, 1.15 + Program(memory));
    }

    [Fact]
    public async Task Load_EverythingToConvert_NeverHoldsMoreThanOneTensorTwice()
    {
        var memory = await LoadAsync("--form", "HuggingFace", "--float16");

        Assert.InRange(memory["PeakLoading"] / memory["FileBytes"], 1, 1.15 + Program(memory));
    }

    [Fact]
    public async Task Load_ByTwoProcesses_HoldsTheWeightsOnce()
    {
        await MakeAsync("--form", "Meta");
        using var first = BenchProgram.Start("load", "--base", _folder.In("base"), "--hold");
        using var second = BenchProgram.Start("load", "--base", _folder.In("base"), "--hold");
        var bytes = (await first.ReadAsync())["FileBytes"];
        _ = await second.ReadAsync();
        first.EndInput();
        var share = (await first.ReadAsync())["Share"];

        Assert.InRange(share / bytes, 0.5, 0.85);
        second.EndInput();
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>The runtime and the native libraries, about 200 MB, beside a file of this size.</summary>
    private static double Program(Dictionary<string, double> memory) => 200e6 / memory["FileBytes"];

    private async Task<Dictionary<string, double>> LoadAsync(params string[] form)
    {
        await MakeAsync(form);
        using var program = BenchProgram.Start("load", "--base", _folder.In("base"));
        var memory = await program.ReadAsync();
        await program.EndAsync();
        return memory;
    }

    private Task MakeAsync(params string[] form) => BenchProgram.RunAsync(
        ["make-base", _folder.In("base"), "--tokenizer", RepositoryFiles.Tokenizer, "--dim", "4096", "--layers", "2", "--heads", "32", "--ffn", "11008", "--vocab", "1024", .. form]);
}
