using System.Diagnostics;
using Herd.Engine.Bases;
using Herd.Testing;
using Xunit;

namespace Herd.Cli.Tests.Bases;

public sealed class QuantizeCommandTests : IDisposable
{
    private static readonly string Base = Path.Combine(RepositoryFiles.Golden, "tiny-llama");

    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Quantize_WritesABaseOfTheSameDigest()
    {
        var (code, output, errors) = await RunAsync("base", "quantize", Base, _folder.In("out"), "--group", "32", "--tokenizer", RepositoryFiles.Tokenizer);

        Assert.Equal((0, ""), (code, errors));
        var source = BaseFolder.Open(Base, RepositoryFiles.Tokenizer);
        var quantized = BaseFolder.Open(_folder.In("out"));
        var digest = await source.ComputeDigestAsync(cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(digest, await quantized.ComputeDigestAsync(cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(32, quantized.Int8Group);
        var bytes = new[] { quantized, source }.Select(folder => $"{folder.WeightsPaths.Sum(path => new FileInfo(path).Length):N0}").ToArray();
        Assert.Equal([$"base  {digest}", "group 32", $"bytes {bytes[0]}, before {bytes[1]}"], output.Trim().Split('\n'));
    }

    [Theory]
    [InlineData(2, "--group", "many")]
    [InlineData(2, "--group", "4")]
    [InlineData(1, "--tokenizer", "no such file")]
    public async Task Failure_IsOneLineAndItsCode(int expected, string option, string value)
    {
        var (code, output, errors) = await RunAsync(["base", "quantize", Base, _folder.In("out"), option, value, .. option == "--tokenizer" ? Array.Empty<string>() : ["--tokenizer", RepositoryFiles.Tokenizer]]);

        Assert.Equal((expected, ""), (code, output));
        Assert.StartsWith("herd: ", errors, StringComparison.Ordinal);
        Assert.Equal(1, errors.Count(letter => letter == '\n'));
        Assert.False(Path.Exists(_folder.In("out")));
    }

    public void Dispose() => _folder.Dispose();

    private static Task<(int Code, string Output, string Errors)> RunAsync(params string[] line)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "herd"), line) { Environment = { ["LC_ALL"] = "C" } };
        return ProgramRun.ToEndAsync(start, TestContext.Current.CancellationToken);
    }
}
