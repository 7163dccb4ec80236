using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using Herd.Testing;
using TorchSharp;
using Xunit;

namespace Herd.Cli.Tests.Adapters;

public sealed class ConvertCommandTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly string _adapter;
    private readonly string[] _base;

    public ConvertCommandTests()
    {
        Directory.CreateDirectory(_folder.In("base"));
        File.WriteAllText(_folder.In("base", "params.json"), """{"dim":8,"n_layers":2,"n_heads":2,"vocab_size":-1}""");
        File.WriteAllText(_folder.In("base", "consolidated.00.pth"), "weights");
        _base = ["--base", _folder.In("base"), "--tokenizer", RepositoryFiles.Tokenizer];
        _adapter = _folder.In("adapter");
        using var norm = torch.ones(8);
        SafetensorsWriter.Write(_adapter, new Dictionary<string, torch.Tensor> { ["layers.1.attention_norm.weight"] = norm });
    }

    [Theory]
    [InlineData("out")]
    [InlineData("out.herd")]
    [InlineData("out.pth")]
    public async Task Convert_writes_an_adapter_bound_to_its_base(string name)
    {
        var (code, errors) = await RunAsync(["adapter", "convert", _adapter, _folder.In(name), .. _base, "--template", "chat-v1"]);

        Assert.Equal((0, ""), (code, errors));
        var folder = BaseFolder.Open(_folder.In("base"), RepositoryFiles.Tokenizer);
        var options = new AdapterReadOptions
        {
            BaseConfig = folder.Config,
            BaseDigest = await folder.ComputeDigestAsync(cancellationToken: TestContext.Current.CancellationToken),
            Template = "chat-v1",
        };
        using var converted = AdapterPackage.Read(_folder.In(name), options);
        using var original = AdapterPackage.Read(_adapter, options);
        Assert.Equal(original.Version, converted.Version);
    }

    [Theory]
    [InlineData("no such file")]
    [InlineData("base")]
    public async Task A_failure_is_one_line_and_code_1(string file)
    {
        var (code, errors) = await RunAsync(["adapter", "convert", _folder.In(file), _folder.In("out"), .. _base]);

        Assert.Equal(1, code);
        Assert.StartsWith("herd: " + file, errors, StringComparison.Ordinal);
        Assert.Equal(1, errors.Count(letter => letter == '\n'));
        Assert.False(Path.Exists(_folder.In("out")));
    }

    [Fact]
    public async Task Convert_never_overwrites()
    {
        var (code, errors) = await RunAsync(["adapter", "convert", _adapter, _folder.Path, .. _base]);

        Assert.Equal(1, code);
        Assert.Contains("expected a place where nothing is yet", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("adapter convert in out", "--base")]
    [InlineData("adapter convert in out --base x --template poem", "alpaca")]
    [InlineData("adapter convert in out --base x --visual-heads two", "--visual-heads")]
    [InlineData("adapter", "command")]
    public async Task Bad_usage_is_one_line_and_code_2(string line, string named)
    {
        var (code, errors) = await RunAsync(line.Split(' '));

        Assert.Equal(2, code);
        Assert.StartsWith("herd: ", errors, StringComparison.Ordinal);
        Assert.Contains(named, errors, StringComparison.Ordinal);
        Assert.Equal(1, errors.Count(letter => letter == '\n'));
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<(int Code, string Errors)> RunAsync(string[] line)
    {
        using var errors = new StringWriter();
        return (await CommandRunner.RunAsync(new HerdCommand(), line, errors), errors.ToString());
    }
}
