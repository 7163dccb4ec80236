using System.Text.Json.Nodes;
using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using Herd.Engine.Execution;
using Herd.Engine.Model;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Bases;

public sealed class BaseQuantizerTests : IDisposable
{
    private readonly TestFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("tiny-llama")]
    [InlineData("tiny-llama/hf")]
    [InlineData("tiny-llama-mp2")]
    public async Task QuantizeAsync_HoldsWhatQuantisingAtLoadGives(string name)
    {
        var source = Source(name);
        var quantized = await BaseQuantizer.QuantizeAsync(source, _folder.In("out"), cancellationToken: Cancel);
        using var atLoad = Load(source, EngineWeights.Int8);
        using var before = Load(quantized, EngineWeights.Stored);

        Assert.Equal(source.Config, quantized.Config);
        Assert.Equal(atLoad.Tensors.Count, before.Tensors.Count);
        Assert.All(atLoad.Tensors.Zip(before.Tensors), pair => Assert.True(pair.First.dtype == pair.Second.dtype && pair.First.Equals(pair.Second)));
        Assert.True(before.IsInt8);
    }

    [Fact]
    public async Task QuantizeAsync_TakesLittleMoreThanHalfOf16Bits()
    {
        var source = Source("tiny-llama");
        using var sixteen = Load(source, EngineWeights.Stored, ScalarType.BFloat16);
        using var eight = Load(source, EngineWeights.Int8, ScalarType.BFloat16);
        var blocks = source.Tensors.All.Where(tensor => tensor.Shape.Length == 2).Sum(tensor => tensor.Count) - (2L * source.Config.Vocabulary * source.Config.Width);

        Assert.Equal(sixteen.Parameters, eight.Parameters);
        Assert.Equal(sixteen.Bytes - (2 * blocks), eight.Bytes - (blocks * (64 + 4) / 64));
    }

    [Fact]
    public async Task QuantizeAsync_OtherGroup_IsReadBack()
    {
        var quantized = await BaseQuantizer.QuantizeAsync(Source("tiny-llama"), _folder.In("out"), group: 40, cancellationToken: Cancel);
        using var weights = Load(quantized, EngineWeights.Stored);

        Assert.Equal(40, quantized.Int8Group);
        Assert.Equal([2, 5], weights.Stages[0].Layers[0].Linears.Select(linear => linear.Tensors[1].shape[1]).Distinct().Order());
    }

    [Fact]
    public async Task ComputeDigestAsync_IsThatOfTheSource()
    {
        var source = Source("tiny-llama/hf");
        var quantized = await BaseQuantizer.QuantizeAsync(source, _folder.In("out"), cancellationToken: Cancel);

        Assert.Equal(await source.ComputeDigestAsync(cancellationToken: Cancel), await quantized.ComputeDigestAsync(cancellationToken: Cancel));
    }

    [Theory]
    [InlineData("params.json")]
    [InlineData("tokenizer.model")]
    [InlineData("consolidated.safetensors")]
    public async Task ComputeDigestAsync_FileThatWasChanged_IsRefused(string file)
    {
        var quantized = await BaseQuantizer.QuantizeAsync(Source("tiny-llama"), _folder.In("out"), cancellationToken: Cancel);
        await File.AppendAllTextAsync(_folder.In("out", file), " ", Cancel);

        var error = await Assert.ThrowsAsync<CheckpointException>(() => quantized.ComputeDigestAsync(cancellationToken: Cancel));

        Assert.Contains("herd.json: expected weights, configuration and tokenizer of digest", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("group", "0", "field 'group': expected a whole number from 16 to 1024, found 0")]
    [InlineData("group", "1.5", "found 1.5")]
    [InlineData("herd", "2", "field 'herd': expected a whole number from 1 to 1, found 2")]
    [InlineData("weights", "\"int4\"", "expected 'int8', found 'int4'")]
    [InlineData("weights", "8", "expected a text, found 8")]
    [InlineData("base", "\"ABC\"", "field 'base': expected a SHA-256")]
    [InlineData("content", "null", "field 'content': expected a text, found no such field")]
    [InlineData("zero", "1", "field 'zero'")]
    public async Task Open_WrongHerdJson_IsRefused(string field, string value, string told)
    {
        await BaseQuantizer.QuantizeAsync(Source("tiny-llama"), _folder.In("out"), cancellationToken: Cancel);
        var path = _folder.In("out", "herd.json");
        var json = JsonNode.Parse(await File.ReadAllTextAsync(path, Cancel))!;
        json[field] = JsonNode.Parse(value);
        await File.WriteAllTextAsync(path, json.ToJsonString(), Cancel);

        var error = Assert.ThrowsAny<EngineException>(() => BaseFolder.Open(_folder.In("out")));

        Assert.StartsWith("herd.json: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(told, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_HalfACharacter_IsRefusedLikeAnyOtherText()
    {
        var error = Assert.Throws<EngineException>(() => Quantization.Read("""{"herd":1,"weights":"\ud800"}""", "herd.json"));

        Assert.Equal(EngineErrorCode.InvalidFile, error.Code);
        Assert.Contains("field 'weights': expected a text", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("herd.json", "removed", "unknown")]
    [InlineData("layers.1.attention.wk.weight_scale", "removed", "expected a tensor of this name")]
    [InlineData("layers.1.attention.wk.weight_scale", "wide", "shape [64, 1], found [64, 2]")]
    [InlineData("layers.1.attention.wk.weight_scale", "half", "expected Float32, found BFloat16")]
    [InlineData("layers.1.feed_forward.w1.weight", "half", "expected Int8, found BFloat16")]
    public async Task Load_FileThatIsNotWhatHerdJsonSays_IsRefused(string what, string change, string told)
    {
        var quantized = await BaseQuantizer.QuantizeAsync(Source("tiny-llama"), _folder.In("out"), cancellationToken: Cancel);
        if (what == "herd.json")
        {
            File.Delete(_folder.In("out", what));
            quantized = BaseFolder.Open(_folder.In("out"));
        }
        else
        {
            Change(quantized.WeightsPaths[0], what, change);
        }

        var error = Assert.Throws<CheckpointException>(() => Load(quantized, EngineWeights.Stored));

        Assert.Contains(told, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task QuantizeAsync_WhatCannotBe_IsRefusedAndLeavesNothing()
    {
        var source = Source("tiny-llama");
        var quantized = await BaseQuantizer.QuantizeAsync(source, _folder.In("out"), cancellationToken: Cancel);
        Directory.CreateDirectory(_folder.In("damaged"));
        File.Copy(source.ConfigPath, _folder.In("damaged", "params.json"));
        Change(quantized.WeightsPaths[0], "norm.weight", "removed", _folder.In("damaged", "consolidated.safetensors"));
        async Task ExpectAsync(BaseFolder folder, string output, int group, string told)
        {
            var error = await Assert.ThrowsAnyAsync<EngineException>(() => BaseQuantizer.QuantizeAsync(folder, _folder.In(output), group, cancellationToken: Cancel));
            Assert.Contains(told, error.Message, StringComparison.Ordinal);
        }

        await ExpectAsync(quantized, "again", 64, "one in 8 bits already");
        await ExpectAsync(source, "out", 64, "a place where nothing is yet");
        await ExpectAsync(source, "again", 8, "expected 16 to 1024");
        await ExpectAsync(source, "out/herd.json/again", 64, "a place that can be written");
        await ExpectAsync(BaseFolder.Open(_folder.In("damaged"), RepositoryFiles.Tokenizer), "again", 64, "norm.weight");
        Assert.Equal(["damaged", "out"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task QuantizeAsync_Cancelled_LeavesNothing()
    {
        using var cancel = new CancellationTokenSource();
        var progress = new CancelAt(cancel);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => BaseQuantizer.QuantizeAsync(Source("tiny-llama"), _folder.In("out"), progress: progress, cancellationToken: cancel.Token));

        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    public void Dispose() => _folder.Dispose();

    private static BaseFolder Source(string name) => BaseFolder.Open(Path.Combine(RepositoryFiles.Golden, name), RepositoryFiles.Tokenizer);

    private static WeightStore Load(BaseFolder folder, EngineWeights weights, ScalarType dtype = ScalarType.Float32)
    {
        using var file = folder.OpenWeights();
        return new WeightLoader(folder, weights, dtype, [CPU]).Load(file, null, CancellationToken.None);
    }

    private static void Change(string path, string name, string change, string? output = null)
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>();
        using (var file = SafetensorsFile.Open(path))
        {
            foreach (var tensor in file.Tensors.Keys)
            {
                tensors.Add(tensor, file.Read(tensor));
            }
        }

        var old = tensors[name];
        tensors.Remove(name);
        if (change != "removed")
        {
            tensors.Add(name, change == "half" ? old.to(ScalarType.BFloat16) : cat([old, old], 1));
        }

        SafetensorsWriter.Write(output ?? path, tensors);
    }

    private sealed class CancelAt(CancellationTokenSource cancel) : IProgress<double>
    {
        public void Report(double value)
        {
            if (value > 0.5)
            {
                cancel.Cancel();
            }
        }
    }
}
