using System.Diagnostics;
using System.Text.Json;
using Herd.Testing;
using Xunit;

namespace Herd.Cli.Tests.Adapters;

/// <summary>The real program, in a process of its own.</summary>
public sealed class InspectCommandTests : IDisposable
{
    private static readonly string[] Base = [.. HerdPrograms.GoldenBase, "--visual-heads", "4"];

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
    public async Task Inspect_Json_HasTheSameFieldsWithAndWithoutABase()
    {
        string[] fields = ["layout", "layers", "ranks", "parts", "parameters", "checked", "version", "base", "manifest"];
        var alone = await JsonAsync(Golden("adapters", "V1-PREFIX.pth"));
        var over = await JsonAsync([Golden("adapters", "V1-PREFIX.pth"), "--gate", "tanh", .. Base]);
        await RunAsync(["adapter", "convert", Golden("adapters", "V1-PREFIX.pth"), _folder.In("v1.herd"), "--gate", "tanh", .. Base]);
        var herd = await JsonAsync(_folder.In("v1.herd"));

        Assert.All([alone, over, herd], json => Assert.Equal(fields, json.EnumerateObject().Select(field => field.Name)));
        Assert.Equal(("v1", "v1", "herd"), (Text(alone, "layout"), Text(over, "layout"), Text(herd, "layout")));
        Assert.Equal(("False", "True", "False"), (Text(alone, "checked"), Text(over, "checked"), Text(herd, "checked")));
        Assert.All(["version", "base", "manifest"], field => Assert.Equal(JsonValueKind.Null, alone.GetProperty(field).ValueKind));
        Assert.Equal(64, Text(over, "version").Length);
        Assert.All(["version", "base", "manifest"], field => Assert.Equal(Text(over, field), Text(herd, field)));
        Assert.Equal(Text(over.GetProperty("manifest"), "base"), Text(over, "base"));
        Assert.Equal("tanh", Text(over.GetProperty("manifest").GetProperty("prompts"), "gate"));
        Assert.Equal(Text(alone, "parts"), Text(over, "parts"));
        Assert.Equal(["name", "tensors", "parameters", "bytes"], alone.GetProperty("parts")[0].EnumerateObject().Select(field => field.Name));
    }

    [Theory]
    [InlineData("--tokenizer", "tokenizer.model")]
    [InlineData("--clip", "clip.pth")]
    [InlineData("--visual-heads", "4")]
    [InlineData("--template", "chat-v1")]
    [InlineData("--channel-order", "bgr")]
    [InlineData("--prompt-length", "5")]
    [InlineData("--gate", "raw")]
    [InlineData("--prompt-kv", "tuned")]
    [InlineData("--scale-order", "output")]
    public async Task Inspect_ReadingOptionWithoutABase_IsRefusedByName(string option, string value)
    {
        var (code, output, errors) = await RunWholeAsync("adapter", "inspect", Golden("adapters", "BIAS.pth"), option, value);

        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith($"herd: {option}: expected a base", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--gate", "sigmoid")]
    [InlineData("--scale-order", "middle")]
    [InlineData("--prompt-kv", "both")]
    public async Task Inspect_UnknownSetting_IsRefusedWithWhatThereIs(string option, string value) =>
        Assert.Equal(2, (await RunAsync(["adapter", "inspect", Golden("adapters", "BIAS.pth"), option, value, .. Base])).Code);

    public void Dispose() => _folder.Dispose();

    private static string Golden(params string[] path) => Path.Combine([RepositoryFiles.Golden, .. path]);

    private static string Text(JsonElement json, string field) => json.GetProperty(field).ToString();

    private static async Task<JsonElement> JsonAsync(params string[] line)
    {
        var (code, output) = await RunAsync(["adapter", "inspect", "--json", .. line]);
        Assert.Equal(0, code);
        return JsonSerializer.Deserialize<JsonElement>(output);
    }

    private static async Task<(int Code, string Output)> RunAsync(params string[] line)
    {
        var (code, output, errors) = await RunWholeAsync(line);
        Assert.True(code == 0 || errors.Length > 0);
        return (code, output);
    }

    private static Task<(int Code, string Output, string Errors)> RunWholeAsync(params string[] line) =>
        ProgramRun.ToEndAsync(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "herd"), line), TestContext.Current.CancellationToken);
}
