using Herd.Engine.Checkpoints;
using Herd.Engine.Vision;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Vision;

public sealed class ClipEncoderTests : IDisposable
{
    private readonly ClipSketch _sketch = new();

    public void Dispose() => _sketch.Dispose();

    [Theory]
    [InlineData(64, 4, 3, 1, 24)]
    [InlineData(128, 7, 2, 3, 64)]
    public void Load_takes_every_dimension_from_the_tensors(int width, int patch, int grid, int layers, int output)
    {
        using var sketch = new ClipSketch { Width = width, Patch = patch, Grid = grid, Layers = layers, OutputWidth = output };
        using var scope = NewDisposeScope();
        using var encoder = Load(sketch.Write());

        var features = encoder.Encode(Pictures(2, encoder));

        Assert.Equal((patch * grid, (grid * grid) + 1, output), (encoder.ImageSize, encoder.TokenCount, encoder.OutputWidth));
        Assert.Equal([2, encoder.TokenCount, output], features.shape);
        Assert.True(features.isfinite().all().item<bool>());
    }

    [Theory]
    [InlineData("visual.ln_post.bias")]
    [InlineData("visual.conv1.weight")]
    [InlineData("visual.transformer.resblocks.0.attn.in_proj_bias")]
    public void Load_without_a_tensor_names_it(string name)
    {
        Assert.Contains(name, Refused(tensors => tensors.Remove(name)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("visual.ln_post.bias", 65)]
    [InlineData("visual.positional_embedding", 11, 64)]
    [InlineData("visual.conv1.weight", 60, 3, 4, 4)]
    [InlineData("visual.conv1.weight", 64, 3, 4, 5)]
    [InlineData("visual.proj", 24)]
    [InlineData("visual.transformer.resblocks.1.mlp.c_fc.weight", 64, 64)]
    public void Load_with_a_tensor_of_another_shape_names_it(string name, params int[] shape)
    {
        Assert.Contains(name, Refused(tensors => tensors[name] = zeros([.. shape.Select(extent => (long)extent)])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_with_an_unknown_visual_tensor_or_one_that_is_not_finite_names_it()
    {
        Assert.Contains("visual.ln_mid.weight", Refused(tensors => tensors["visual.ln_mid.weight"] = ones(64)).Message, StringComparison.Ordinal);
        Assert.Contains("visual.proj", Refused(tensors => tensors["visual.proj"][3, 3] = float.NaN).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_from_a_folder_finds_the_encoder_and_prefers_safetensors()
    {
        Assert.Throws<CheckpointException>(() => Load(_sketch.Folder));

        _sketch.Write("clip.pth", tensors => tensors["visual.class_embedding"].zero_());
        using var first = Load(_sketch.Folder);
        _sketch.Write("other.safetensors", tensors => tensors.Remove("visual.conv1.weight"));
        _sketch.Write("clip.safetensors");
        using var second = Load(_sketch.Folder);
        using var named = Load(Path.Combine(_sketch.Folder, "clip.safetensors"));

        Assert.NotEqual(first.Digest, second.Digest);
        Assert.Equal(named.Digest, second.Digest);

        _sketch.Write("clip-2.safetensors");
        var error = Assert.Throws<CheckpointException>(() => Load(_sketch.Folder));
        Assert.Contains("clip-2.safetensors and clip.safetensors", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Digest_tells_values_and_types_apart_but_not_what_the_encoder_ignores()
    {
        string[] digests =
        [
            Digest("a.safetensors", null),
            Digest("b.safetensors", tensors => tensors.Remove("logit_scale")),
            Digest("c.safetensors", tensors => tensors["visual.proj"][0, 0] += 1),
            Digest("d.safetensors", tensors => tensors["visual.proj"] = tensors["visual.proj"].to(ScalarType.BFloat16)),
        ];

        Assert.Equal(digests[0], digests[1]);
        Assert.Equal(3, digests.Distinct().Count());
        Assert.All(digests, digest => Assert.Matches("^[0-9a-f]{64}$", digest));
    }

    [Fact]
    public void Encode_of_a_batch_gives_what_each_picture_gives_alone()
    {
        using var scope = NewDisposeScope();
        using var encoder = Load(_sketch.Write());
        var images = Pictures(3, encoder);

        var together = encoder.Encode(images);

        for (var i = 0; i < 3; i++)
        {
            Assert.True(encoder.Encode(images.narrow(0, i, 1)).allclose(together.narrow(0, i, 1), 1e-4, 1e-5));
        }
    }

    [Fact]
    public void Encode_in_bfloat16_stays_near_float32()
    {
        using var scope = NewDisposeScope();
        var path = _sketch.Write();
        using var exact = Load(path);
        using var rounded = ClipEncoder.Load(path, ScalarType.BFloat16, CPU);
        var images = Pictures(2, exact);

        var (expected, actual) = (exact.Encode(images), rounded.Encode(images));

        Assert.Equal(ScalarType.BFloat16, actual.dtype);
        Assert.InRange((actual.to(ScalarType.Float32) - expected).abs().max().item<float>() / expected.abs().max().item<float>(), 1e-6f, 0.03f);
        Assert.InRange(rounded.Bytes, exact.Bytes / 2, exact.Bytes * 6 / 10);
    }

    [Fact]
    public void Encode_of_pictures_of_another_size_is_refused()
    {
        using var scope = NewDisposeScope();
        using var encoder = Load(_sketch.Write());

        var error = Assert.Throws<ArgumentException>(() => encoder.Encode(zeros(1, 3, 12, 13)));
        Assert.Contains("[B, 3, 12, 12]", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => encoder.Encode(zeros(3, 12, 12)));
    }

    [Fact]
    public void Load_Encode_and_Dispose_leave_no_tensor_but_the_result()
    {
        var path = _sketch.Write();
        var broken = _sketch.Write("broken.safetensors", tensors => tensors.Remove("visual.proj"));
        using var images = zeros(1, 3, 12, 12);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        Assert.Throws<CheckpointException>(() => Load(broken));
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        var encoder = Load(path);
        var loaded = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        encoder.Encode(images).Dispose();
        Assert.Equal(loaded, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        encoder.Dispose();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.True(loaded > before);
    }

    private string Digest(string file, Action<Dictionary<string, Tensor>>? change)
    {
        using var encoder = Load(_sketch.Write(file, change));
        return encoder.Digest;
    }

    private CheckpointException Refused(Action<Dictionary<string, Tensor>> spoil) =>
        Assert.Throws<CheckpointException>(() => Load(_sketch.Write(spoil: spoil)));

    private static Tensor Pictures(int count, ClipEncoder encoder)
    {
        var side = encoder.ImageSize;
        return arange(count * 3 * side * side, ScalarType.Float32).mul(0.37).sin().view(count, 3, side, side);
    }

    private static ClipEncoder Load(string path) => ClipEncoder.Load(path, ScalarType.Float32, CPU);
}
