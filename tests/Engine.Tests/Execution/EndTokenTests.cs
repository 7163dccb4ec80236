using System.Text.Json.Nodes;
using Herd.Engine.Bases;
using Herd.Engine.Execution;
using Herd.Testing;
using Xunit;

namespace Herd.Engine.Tests.Execution;

/// <summary>Answers end where the base's files say.</summary>
public sealed class EndTokenTests : IDisposable
{
    private static readonly GenerationRequest Request = new() { PromptIds = [1, 5, 9], MaxTokens = 40 };

    private readonly TestFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, "config.json")]
    [InlineData("config.json", "generation_config.json")]
    public async Task GenerateAsync_AnIdThatAFileNames_EndsTheAnswer(string? alsoNames, string file)
    {
        await using var plain = await TinyModel.LoadAsync();
        var whole = await Answer.ReadAsync(plain.GenerateAsync(Request with { IgnoreEnd = true }, Cancel));
        var end = Enumerable.Range(4, 30).First(index => Array.IndexOf(whole.Ids, whole.Ids[index]) == index);
        if (alsoNames is not null)
        {
            Write(alsoNames, whole.Ids[0]); // what goes before it in the answer, and is not heard
        }

        Write(file, 500, whole.Ids[end]);
        await using var engine = await TinyModel.LoadAsync(TinyModel.Options with { BaseFolder = _folder.Path });
        var answer = await Answer.ReadAsync(engine.GenerateAsync(Request, Cancel));
        var ignoring = await Answer.ReadAsync(engine.GenerateAsync(Request with { IgnoreEnd = true }, Cancel));

        Assert.True(engine.EndIds.SetEquals([2, 500, whole.Ids[end]]));
        Assert.Equal(whole.Ids[..end], answer.Ids);
        Assert.Equal(FinishReason.Stop, answer.End.Reason);
        Assert.Equal(whole.Ids, ignoring.Ids);
    }

    [Fact]
    public async Task ComputeDigestAsync_AGenerationConfig_IsPartOfTheBase()
    {
        Write("config.json", 2);
        var without = await DigestAsync();
        Write("generation_config.json", 7);
        var with = await DigestAsync();
        var quantized = await BaseQuantizer.QuantizeAsync(Open(), _folder.In("quantized"), cancellationToken: Cancel);

        Assert.NotEqual(without, with);
        Assert.Equal([2, 7], quantized.EndIds.Order());
        Assert.Equal(with, await quantized.ComputeDigestAsync(cancellationToken: Cancel));
    }

    public void Dispose() => _folder.Dispose();

    private BaseFolder Open() => BaseFolder.Open(_folder.Path, RepositoryFiles.Tokenizer);

    private Task<string> DigestAsync() => Open().ComputeDigestAsync(cancellationToken: Cancel);

    /// <summary>The golden base, with ids of ends in a file.</summary>
    private void Write(string file, params int[] ends)
    {
        foreach (var source in Directory.EnumerateFiles(TinyModel.Options.BaseFolder).Where(source => !File.Exists(_folder.In(Path.GetFileName(source)))))
        {
            File.Copy(source, _folder.In(Path.GetFileName(source)));
        }

        var json = File.Exists(_folder.In(file)) ? JsonNode.Parse(File.ReadAllText(_folder.In(file)))!.AsObject() : [];
        json["eos_token_id"] = new JsonArray([.. ends.Select(end => JsonValue.Create(end))]);
        File.WriteAllText(_folder.In(file), json.ToJsonString());
    }
}
