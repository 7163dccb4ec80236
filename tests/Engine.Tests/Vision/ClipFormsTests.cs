using Herd.Engine.Checkpoints;
using Herd.Engine.Tests.Checkpoints;
using Herd.Engine.Vision;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Vision;

/// <summary>
/// One image encoder in all forms of its file. No published file of the last two is at hand: Hugging Face's form is made by its names, the TorchScript archive
/// as PyTorch's pickler writes them.
/// </summary>
public sealed class ClipFormsTests : IDisposable
{
    private static readonly string Golden = Path.Combine(RepositoryFiles.Golden, "clip", "tiny-clip.pth");

    private readonly TestFolder _folder = new();

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Load_HuggingFacesForm_IsTheSameEncoder(bool textTower, bool widened)
    {
        using var scope = NewDisposeScope();
        var tensors = HuggingFace(widened);
        if (textTower)
        {
            tensors["text_model.embeddings.token_embedding.weight"] = zeros(4, 2);
            tensors["text_projection.weight"] = zeros(2, 2);
            tensors["logit_scale"] = tensor(4.6f);
            tensors["vision_model.embeddings.position_ids"] = zeros(1, 17, ScalarType.Int64);
        }

        SafetensorsWriter.Write(_folder.In("model.safetensors"), tensors);
        File.WriteAllText(_folder.In("config.json"), """{"vision_config":{"hidden_act":"quick_gelu","hidden_size":128,"num_attention_heads":2,"layer_norm_eps":1e-05,"patch_size":14,"image_size":56,"projection_dim":512}}""");

        AssertSame(_folder.Path);
    }

    [Theory]
    [InlineData("""{"vision_config":{"hidden_act":"gelu"}}""", "'quick_gelu' as 'hidden_act'")]
    [InlineData("""{"hidden_act":"gelu"}""", "'quick_gelu' as 'hidden_act'")]
    [InlineData("""{"vision_config":{"layer_norm_eps":1e-6}}""", "1E-05 as 'layer_norm_eps'")]
    [InlineData("""{"vision_config":{"hidden_size":64}}""", "128 as 'hidden_size'")]
    [InlineData("""{"vision_config":{"num_attention_heads":4}}""", "2 as 'num_attention_heads'")]
    [InlineData("""{"vision_config":{"patch_size":16}}""", "14 as 'patch_size'")]
    [InlineData("""{"vision_config":{"image_size":224}}""", "56 as 'image_size'")]
    [InlineData("""{"vision_config":{"image_size":"56"}}""", "56 as 'image_size'")]
    [InlineData("""{"vision_config":{"num_hidden_layers":3}}""", "2 as 'num_hidden_layers'")]
    [InlineData("""{"vision_config":{"intermediate_size":1}}""", "as 'intermediate_size'")]
    [InlineData("""{"vision_config":{"num_channels":4}}""", "3 as 'num_channels'")]
    [InlineData("""{"projection_dim":1,"vision_config":{}}""", "as 'projection_dim'")]
    [InlineData("""{"vision_config":{"patch_size":14,"patch_size":14}}""", "a configuration in JSON")]
    [InlineData("""{"vision_config":7}""", "a configuration in JSON")]
    [InlineData("[", "a configuration in JSON")]
    public void Load_ConfigurationOfAnotherEncoder_IsRefusedByName(string config, string named)
    {
        WriteHuggingFace(config, "config.json");

        Assert.Contains(named, Assert.Throws<CheckpointException>(() => ClipEncoder.ComputeDigest(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"crop_size":56,"do_center_crop":true,"do_normalize":true,"do_resize":true,"feature_extractor_type":"CLIPFeatureExtractor","image_mean":[0.48145466,0.4578275,0.40821073],"image_std":[0.26862954,0.26130258,0.27577711],"resample":3,"size":56}""")]
    [InlineData("""{"crop_size":{"height":56,"width":56},"do_convert_rgb":true,"do_rescale":true,"rescale_factor":0.00392156862745098,"size":{"shortest_edge":56},"do_pad":false,"processor_class":"CLIPProcessor"}""")]
    [InlineData("""{"size":null,"do_pad":null}""")]
    [InlineData("{}")]
    public void Load_PreprocessingThatIsOurs_IsTheSameEncoder(string settings)
    {
        WriteHuggingFace(settings, "preprocessor_config.json");

        AssertSame(_folder.Path);
    }

    [Theory]
    [InlineData("""{"size":224}""", "56 for the short side as 'size'")]
    [InlineData("""{"size":{"height":56,"width":56}}""", "'size'")]
    [InlineData("""{"crop_size":{"height":56,"width":64}}""", "'crop_size'")]
    [InlineData("""{"crop_size":{"height":56}}""", "'crop_size'")]
    [InlineData("""{"resample":2}""", "3 (bicubic) as 'resample'")]
    [InlineData("""{"image_mean":[0.5,0.5,0.5]}""", "'image_mean'")]
    [InlineData("""{"image_mean":0.5}""", "'image_mean'")]
    [InlineData("""{"image_std":[0.26862954,0.26130258]}""", "'image_std'")]
    [InlineData("""{"rescale_factor":0.5}""", "1/255 as 'rescale_factor'")]
    [InlineData("""{"do_resize":false}""", "true as 'do_resize'")]
    [InlineData("""{"do_center_crop":false}""", "true as 'do_center_crop'")]
    [InlineData("""{"do_flip_channel_order":true}""", "false as 'do_flip_channel_order'")]
    [InlineData("[]", "a configuration in JSON")]
    public void Load_OtherPreprocessing_IsRefusedByName(string settings, string named)
    {
        WriteHuggingFace(settings, "preprocessor_config.json");

        Assert.Contains(named, Assert.Throws<CheckpointException>(() => ClipEncoder.ComputeDigest(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_HuggingFacesFormWithATensorTooManyOrTooFew_NamesIt()
    {
        using var scope = NewDisposeScope();
        string Refusal(Action<Dictionary<string, Tensor>> change)
        {
            var tensors = HuggingFace(widened: true);
            change(tensors);
            SafetensorsWriter.Write(_folder.In("clip"), tensors);
            return Assert.Throws<CheckpointException>(() => ClipEncoder.Load(_folder.In("clip"), ScalarType.Float32, CPU)).Message;
        }

        Assert.Contains("'vision_model.head.weight'", Refusal(tensors => tensors["vision_model.head.weight"] = zeros(1)), StringComparison.Ordinal);
        Assert.Contains("self_attn.k_proj.bias", Refusal(tensors => tensors.Remove("vision_model.encoder.layers.1.self_attn.k_proj.bias")), StringComparison.Ordinal);
        Assert.Contains("self_attn.v_proj.weight", Refusal(tensors => tensors["vision_model.encoder.layers.0.self_attn.v_proj.weight"] = zeros(3, 128)), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_TorchScriptArchive_IsTheSameEncoderAndRunsNothing()
    {
        using var scope = NewDisposeScope();
        File.WriteAllBytes(_folder.In("ViT-tiny.pt"), TorchScriptBytes.Pack(OpenAi(widened: false)));

        AssertSame(_folder.In("ViT-tiny.pt"));
        AssertSame(_folder.Path);
    }

    public void Dispose() => _folder.Dispose();

    private static void AssertSame(string path)
    {
        using var scope = NewDisposeScope();
        using var official = ClipEncoder.Load(Golden, ScalarType.Float32, CPU);
        using var other = ClipEncoder.Load(path, ScalarType.Float32, CPU);
        var images = randn(2, 3, official.ImageSize, official.ImageSize);

        Assert.Equal(official.Digest, other.Digest);
        Assert.True(official.Encode(images).equal(other.Encode(images)).all().item<bool>());
    }

    private static Dictionary<string, Tensor> HuggingFace(bool widened) => ClipForms.HuggingFace(OpenAi(widened));

    private static Dictionary<string, Tensor> OpenAi(bool widened)
    {
        using var file = PthFile.Open(Golden);
        return file.Tensors.Values.ToDictionary(info => info.Name, info => widened ? file.Read(info.Name).to(ScalarType.Float32) : file.Read(info.Name));
    }

    private void WriteHuggingFace(string settings, string file)
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(_folder.In("model.safetensors"), HuggingFace(widened: true));
        File.WriteAllText(_folder.In(file), settings);
    }
}
