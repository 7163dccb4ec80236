using System.Text.Json.Nodes;
using Herd.Engine.Checkpoints;
using Herd.Engine.Execution;
using Herd.Engine.Sampling;
using Herd.Testing;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Execution;

/// <summary>A base whose matrices have more rows than the tokenizer has pieces.</summary>
public sealed class PaddedVocabularyTests : IDisposable
{
    private const int Padding = 8;
    private const float Loud = 10;

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task GenerateAsync_PaddingIsTheLikeliest_ChoosesAmongPiecesAlone()
    {
        await using var plain = await TinyModel.LoadAsync();
        await using var padded = await TinyModel.LoadAsync(TinyModel.Options with { BaseFolder = Pad() });
        var request = new GenerationRequest { PromptIds = plain.Tokenizer.Encode("A dog on a bed", bos: true), MaxTokens = 8 };
        var expected = await Answer.ReadAsync(plain.GenerateAsync(request, TestContext.Current.CancellationToken));
        var answer = await Answer.ReadAsync(padded.GenerateAsync(request, TestContext.Current.CancellationToken));

        Assert.Equal(expected.Ids, answer.Ids);
        Assert.Equal(expected.Text, answer.Text);
    }

    [Fact]
    public async Task GenerateAsync_BiasOnPadding_IsRefused()
    {
        await using var padded = await TinyModel.LoadAsync(TinyModel.Options with { BaseFolder = Pad() });
        var bias = new Dictionary<int, float> { [padded.Tokenizer.VocabularySize] = 1 };
        var request = new GenerationRequest { PromptIds = [padded.Tokenizer.BosId], Sampling = new SamplingOptions { LogitBias = bias } };

        var error = await Assert.ThrowsAsync<EngineException>(() => Answer.ReadAsync(padded.GenerateAsync(request, TestContext.Current.CancellationToken)));
        Assert.Equal(EngineErrorCode.InvalidRequest, error.Code);
    }

    /// <summary>A copy of the base with rows behind the last piece; each repeats an output row, only louder.</summary>
    private string Pad()
    {
        using var scope = NewDisposeScope();
        using var file = TensorFile.Open(Path.Combine(TinyModel.Options.BaseFolder, "model.safetensors"));
        var tensors = file.Tensors.Keys.ToDictionary(name => name, file.Read);
        var (embedding, output) = (tensors["model.embed_tokens.weight"], tensors["lm_head.weight"]);
        using var loud = Loud.ToScalar();
        tensors["model.embed_tokens.weight"] = cat([embedding, embedding[..Padding]]);
        tensors["lm_head.weight"] = cat([output, output[^Padding..] * loud]);
        SafetensorsWriter.Write(_folder.In("model.safetensors"), tensors);

        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(TinyModel.Options.BaseFolder, "config.json")))!;
        config["vocab_size"] = embedding.shape[0] + Padding;
        File.WriteAllText(_folder.In("config.json"), config.ToJsonString());
        return _folder.Path;
    }
}
