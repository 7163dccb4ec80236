using Herd.Engine.Bases;
using Herd.Engine.Tokenization;
using Herd.Testing;
using Xunit;

namespace Herd.Engine.Tests.Bases;

public sealed class BaseFolderTests : IDisposable
{
    private const string Params = """{"dim":64,"n_layers":2,"n_heads":4,"vocab_size":-1}""";

    private static readonly string Tokenizer = RepositoryFiles.Tokenizer;
    private static readonly int Pieces = LlamaTokenizer.Load(Tokenizer).VocabularySize;

    private readonly TestFolder _folder = new();

    [Fact]
    public void Open_finds_the_tokenizer_in_the_folder_or_above_or_where_it_is_told()
    {
        WriteMeta("7B");
        File.Copy(Tokenizer, _folder.In("tokenizer.model"));
        Assert.Equal(_folder.In("tokenizer.model"), BaseFolder.Open(_folder.In("7B")).TokenizerPath);

        File.Copy(Tokenizer, _folder.In("7B", "tokenizer.model"));
        Assert.Equal(_folder.In("7B", "tokenizer.model"), BaseFolder.Open(_folder.In("7B") + "/").TokenizerPath);
        Assert.Equal(Tokenizer, BaseFolder.Open(_folder.In("7B"), Tokenizer).TokenizerPath);
    }

    [Fact]
    public void Open_reads_either_form()
    {
        WriteMeta("meta");
        File.WriteAllText(
            Write("hf", "config.json"),
            $$"""{"hidden_size":64,"intermediate_size":192,"num_attention_heads":4,"num_hidden_layers":2,"vocab_size":{{Pieces + 8}}}""");
        Write("hf", "model.safetensors");

        var (meta, huggingFace) = (BaseFolder.Open(_folder.In("meta"), Tokenizer), BaseFolder.Open(_folder.In("hf"), Tokenizer));

        Assert.Equal((BaseForm.Meta, BaseForm.HuggingFace), (meta.Form, huggingFace.Form));
        Assert.Equal((_folder.In("meta", "consolidated.00.pth"), _folder.In("hf", "model.safetensors")), (meta.WeightsPaths.Single(), huggingFace.WeightsPaths.Single()));
        Assert.Equal((Pieces, Pieces + 8), (meta.Config.Vocabulary, huggingFace.Config.Vocabulary));
    }

    [Fact]
    public void Open_refuses_a_tokenizer_with_more_pieces_than_the_base_has_rows()
    {
        File.WriteAllText(
            Write("hf", "config.json"),
            $$"""{"hidden_size":64,"intermediate_size":192,"num_attention_heads":4,"num_hidden_layers":2,"vocab_size":{{Pieces - 1}}}""");
        Write("hf", "model.safetensors");

        var error = Assert.ThrowsAny<EngineException>(() => BaseFolder.Open(_folder.In("hf"), Tokenizer));

        Assert.Contains($"at most the {Pieces - 1} pieces", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_one_folder_too_high_lists_what_lies_below()
    {
        WriteMeta("7B");
        WriteMeta("13B");

        Assert.Contains("bases one folder deeper: 13B/, 7B/", Refused(_folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_says_what_a_wrong_folder_holds()
    {
        Write("other", "pytorch_model.bin");

        Assert.Contains("found pytorch_model.bin", Refused(_folder.In("other")), StringComparison.Ordinal);
        Assert.Contains("found no such folder", Refused(_folder.In("nowhere")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("params.json", "consolidated.00.pth,consolidated.02.pth", "consolidated.00.pth, consolidated.01.pth")]
    [InlineData("params.json", "consolidated.01.pth", "consolidated.00.pth")]
    [InlineData("params.json", "consolidated.00.pth,consolidated.safetensors", "consolidated.safetensors alone")]
    [InlineData("config.json", "model-00001-of-00002.safetensors,model-00002-of-00002.safetensors", "model.safetensors.index.json")]
    public void Open_refuses_weights_that_make_no_whole(string config, string weights, string expected)
    {
        Write("parts", config);
        foreach (var name in weights.Split(','))
        {
            Write("parts", name);
        }

        var message = Refused(_folder.In("parts"));

        Assert.Contains($"found {weights.Replace(",", ", ", StringComparison.Ordinal)}", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"../model.safetensors"}}""", "beside the index")]
    [InlineData("""{"weight_map":{"a":"/etc/x.safetensors"}}""", "beside the index")]
    [InlineData("""{"weight_map":{"a":"model.bin"}}""", "beside the index")]
    [InlineData("""{"weight_map":{"a":7}}""", "beside the index")]
    [InlineData("""{"weight_map":{}}""", "found none")]
    [InlineData("""{"weight_map":[]}""", "an object with 'weight_map'")]
    [InlineData("""{"weight_map":{"a":"model-1.safetensors","a":"model-1.safetensors"}}""", "an index in JSON")]
    [InlineData("""{"metadata":{"total_size":-1},"weight_map":{"a":"model-1.safetensors"}}""", "total_size")]
    [InlineData("""{"weight_map":{"a":"model-2.safetensors"}}""", "the files that model.safetensors.index.json names: model-2.safetensors")]
    [InlineData("[[[[[[[[[[[[[[[[", "an index in JSON")]
    public void Open_refuses_an_index_that_is_not_sound(string index, string expected)
    {
        Write("parts", "config.json");
        Write("parts", "model-1.safetensors");
        File.WriteAllText(_folder.In("parts", "model.safetensors.index.json"), index);

        Assert.Contains(expected, Refused(_folder.In("parts")), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_takes_any_number_of_shards_in_order()
    {
        WriteMeta("shards");
        Write("shards", "consolidated.01.pth");
        Write("shards", "consolidated.02.pth");

        Assert.Equal(["consolidated.00.pth", "consolidated.01.pth", "consolidated.02.pth"], BaseFolder.Open(_folder.In("shards"), Tokenizer).WeightsPaths.Select(path => Path.GetFileName(path)));
    }

    [Fact]
    public void Open_without_weights_or_tokenizer_names_what_is_missing()
    {
        Write("base", "params.json");
        Assert.Contains("expected consolidated.00.pth", Refused(_folder.In("base")), StringComparison.Ordinal);

        Write("base", "consolidated.00.pth");
        Assert.Contains("expected tokenizer.model", Refused(_folder.In("base")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_digest_depends_on_every_file_and_on_nothing_else()
    {
        var digests = new List<string>();
        foreach (var folder in (string[])["first", "copy", "weights", "config"])
        {
            WriteMeta(folder);
        }

        File.WriteAllText(_folder.In("weights", "consolidated.00.pth"), "other");
        File.WriteAllText(_folder.In("config", "params.json"), Params.Replace("-1", $"{Pieces}", StringComparison.Ordinal));
        foreach (var folder in (string[])["first", "copy", "weights", "config"])
        {
            digests.Add(await BaseFolder.Open(_folder.In(folder), Tokenizer).ComputeDigestAsync(cancellationToken: TestContext.Current.CancellationToken));
        }

        Assert.Equal(digests[0], digests[1]);
        Assert.Equal(3, digests.Distinct().Count());
        Assert.Equal(4, digests.Append(BaseFolder.WithImageEncoder(digests[0], digests[2])).Distinct().Count());
    }

    public void Dispose() => _folder.Dispose();

    private static string Refused(string folder)
    {
        var error = Assert.ThrowsAny<EngineException>(() => BaseFolder.Open(folder));
        Assert.Equal(EngineErrorCode.InvalidFile, error.Code);
        return error.Message;
    }

    private void WriteMeta(string folder)
    {
        File.WriteAllText(Write(folder, "params.json"), Params);
        Write(folder, "consolidated.00.pth");
    }

    private string Write(string folder, string name)
    {
        Directory.CreateDirectory(_folder.In(folder));
        File.WriteAllText(_folder.In(folder, name), "");
        return _folder.In(folder, name);
    }
}
