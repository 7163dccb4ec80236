using System.Diagnostics;
using System.Text.Json;
using Herd.Testing;
using Xunit;

namespace Herd.Cli.Tests.Adapters;

/// <summary>The real program, in a process of its own.</summary>
public sealed class InspectCommandTests : IDisposable
{
    private static readonly string[] Base =
    [
        "--base", Golden("tiny-llama", "hf"), "--tokenizer", Golden("tokenizer", "tokenizer.model"), "--visual-heads", "4",
    ];

    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Inspect_WithoutABase_ShowsWhatTheFileTells()
    {
        var (code, output) = await RunAsync("adapter", "inspect", Golden("adapters", "LORA-BIAS.pth"));

        Assert.Equal(0, code);
        Assert.Contains("layout   multimodal", output, StringComparison.Ordinal);
        Assert.Contains("ranks    4", output, StringComparison.Ordinal);
        Assert.All(["visual", "prompts", "tuning", "lora"], part => Assert.Contains($"  {part} ", output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Inspect_WithItsBase_ShowsTheVersionOfTheConvertedForm()
    {
        var (_, converted) = await RunAsync(["adapter", "convert", Golden("adapters", "BIAS.pth"), _folder.In("bias.herd"), .. Base]);
        var (code, output) = await RunAsync(["adapter", "inspect", Golden("adapters", "BIAS.pth"), .. Base]);
        var (_, herd) = await RunAsync(["adapter", "inspect", _folder.In("bias.herd")]);

        Assert.Equal(0, code);
        Assert.Equal(converted, output);
        Assert.Equal(converted, herd);
        Assert.Contains("prompts  5 in each of 6 layers from 2 on, gate tanh, keys and values base", output, StringComparison.Ordinal);
        Assert.Contains("pictures 2 blocks of 4 heads, width 48, colours rgb", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_Json_IsReadByPrograms()
    {
        var (_, alone) = await RunAsync("adapter", "inspect", Golden("adapters", "V1-PREFIX.pth"), "--json");
        var (_, checkedOne) = await RunAsync(["adapter", "inspect", Golden("adapters", "V1-PREFIX.pth"), "--json", "--gate", "tanh", .. Base]);

        using var summary = JsonDocument.Parse(alone);
        using var package = JsonDocument.Parse(checkedOne);
        Assert.Equal("v1", summary.RootElement.GetProperty("layout").GetString());
        Assert.Equal(64, package.RootElement.GetProperty("version").GetString()!.Length);
        Assert.Equal("tanh", package.RootElement.GetProperty("manifest").GetProperty("prompts").GetProperty("gate").GetString());
    }

    [Theory]
    [InlineData("--gate", "sigmoid")]
    [InlineData("--scale-order", "middle")]
    [InlineData("--prompt-kv", "both")]
    public async Task Inspect_UnknownSetting_IsRefusedWithWhatThereIs(string option, string value) =>
        Assert.Equal(2, (await RunAsync(["adapter", "inspect", Golden("adapters", "BIAS.pth"), option, value, .. Base])).Code);

    public void Dispose() => _folder.Dispose();

    private static string Golden(params string[] path) => Path.Combine([RepositoryFiles.Golden, .. path]);

    private static async Task<(int Code, string Output)> RunAsync(params string[] line)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "herd"), line) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0 || (await errors).Length > 0);
        return (process.ExitCode, output);
    }
}
