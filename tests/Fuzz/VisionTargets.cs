using System.Text;
using Herd.Engine;
using Herd.Engine.Checkpoints;
using Herd.Engine.Tests.Checkpoints;
using Herd.Engine.Tests.Vision;
using Herd.Engine.Vision;
using static TorchSharp.torch;

namespace Herd.Fuzz;

/// <summary>Readers of pictures and of image encoders.</summary>
internal sealed class VisionTargets(ScratchFiles files)
{
    private const string EncoderConfig =
        """
        {"architectures":["CLIPModel"],"model_type":"clip","projection_dim":4,"vision_config":{"hidden_act":"quick_gelu","hidden_size":64,"num_attention_heads":1,"intermediate_size":4,
         "num_hidden_layers":1,"num_channels":3,"layer_norm_eps":1e-05,"patch_size":2,"image_size":2}}
        """;

    private const string PreprocessorConfig =
        """
        {"crop_size":{"height":2,"width":2},"do_center_crop":true,"do_convert_rgb":true,"do_normalize":true,"do_rescale":true,"do_resize":true,"image_mean":[0.48145466,0.4578275,0.40821073],
         "image_std":[0.26862954,0.26130258,0.27577711],"image_processor_type":"CLIPImageProcessor","resample":3,"rescale_factor":0.00392156862745098,"size":{"shortest_edge":2}}
        """;

    private static readonly PictureLimits Pictures = new() { MaxBytes = 1 << 20, MaxPixels = 1 << 20 };

    /// <summary>The targets.</summary>
    public IEnumerable<FuzzTarget> All => [.. PictureFiles(), Exif(), .. Encoders()];

    private static IEnumerable<FuzzTarget> PictureFiles()
    {
        foreach (var (name, seeds) in PictureSeeds.All)
        {
            Func<Random, byte[], byte[]> change = name == "png" ? ContainerMutation.Png : Mutation.Bytes;
            yield return PictureTarget(name, random => change(random, seeds[random.Next(seeds.Count)])) with { Share = 2 };
        }
    }

    /// <summary>Changed EXIF data in pictures that are sound, most of the time.</summary>
    private static FuzzTarget Exif() => PictureTarget("exif", random =>
    {
        var exif = Mutation.Bytes(random, PictureSeeds.Exif[random.Next(PictureSeeds.Exif.Count)]);
        var picture = PictureSeeds.WithExif(random.Next(4), exif);
        return random.Next(3) == 0 ? Mutation.Bytes(random, picture) : picture;
    });

    private static FuzzTarget PictureTarget(string name, Func<Random, byte[]> make) => new(name, make, bytes =>
    {
        try
        {
            _ = ClipPreprocessor.Resize(PictureDecoder.Decode(bytes, Pictures), 56);
        }
        catch (EngineException error) when (error.Code != EngineErrorCode.InvalidPicture)
        {
            throw new InvalidOperationException($"The code is {error.Code}.", error);
        }
    })
    {
        Allocated = 32 << 20,
    };

    private IEnumerable<FuzzTarget> Encoders()
    {
        using var scope = NewDisposeScope();
        using var sketch = new ClipSketch { Patch = 2, Grid = 1, Layers = 1, MlpWidth = 4, OutputWidth = 4 };
        var tensors = sketch.Tensors().ToDictionary(tensor => tensor.Key, tensor => tensor.Value.to(ScalarType.Float16));
        var archive = TorchScriptBytes.Pack(tensors);
        yield return new FuzzTarget(
            "clip-torchscript",
            random => ContainerMutation.Zip(random, archive, name => name.EndsWith(".pkl", StringComparison.Ordinal) ? RandomPickle.Change : Mutation.Bytes),
            bytes => Load(files.Write("clip-torchscript", "clip.pt", bytes))) { Share = 2, Allocated = 64 << 20 };

        var weights = files["clip", "model.safetensors"];
        SafetensorsWriter.Write(weights, ClipForms.HuggingFace(tensors));
        var (whole, config, preprocessor) = (File.ReadAllBytes(weights), Encoding.UTF8.GetBytes(EncoderConfig), Encoding.UTF8.GetBytes(PreprocessorConfig));
        yield return Folder("clip-safetensors", "model.safetensors", random => ContainerMutation.Safetensors(random, whole)) with { Share = 2 };
        yield return Folder("clip-config", "config.json", random => JsonMutation.Bytes(random, config));
        yield return Folder("clip-preprocessor", "preprocessor_config.json", random => JsonMutation.Bytes(random, preprocessor));

        FuzzTarget Folder(string name, string changed, Func<Random, byte[]> make)
        {
            foreach (var (file, content) in new[] { ("model.safetensors", whole), ("config.json", config), ("preprocessor_config.json", preprocessor) })
            {
                files.Write(name, file, content);
            }

            return new FuzzTarget(name, make, bytes => Load(Path.GetDirectoryName(files.Write(name, changed, bytes))!));
        }
    }

    private static void Load(string path)
    {
        using var encoder = ClipEncoder.Load(path, ScalarType.Float32, CPU);
    }
}
