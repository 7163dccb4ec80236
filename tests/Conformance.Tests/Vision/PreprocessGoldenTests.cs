using Herd.Conformance.Tests.Golden;
using Herd.Engine.Vision;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Vision;

public sealed class PreprocessGoldenTests
{
    private const string Recorded = "expected/preprocess.safetensors";
    private const string Pixels = "pixels_hwc";
    private const string Tensor = "tensor";
    private const string BgrTensor = "tensor_bgr_order";
    private const double ExactTolerance = 1e-6;
    private const double OneLevelTolerance = 0.016;

    /// <summary>Tensor names such as <c>photo.png@56.tensor</c>: file, size and kind.</summary>
    public static TheoryData<string> Tensors => Cases.Of(GoldenTensors.NamesIn(Recorded), "prepared picture file");

    [Theory]
    [MemberData(nameof(Tensors))]
    public void Picture_IsPreparedAsTheOfficialTransformDoes(string name)
    {
        var (at, dot) = (name.LastIndexOf('@'), name.LastIndexOf('.'));
        var (file, size, kind) = (name[..at], int.Parse(name[(at + 1)..dot]), name[(dot + 1)..]);
        using var scope = NewDisposeScope();
        using var golden = GoldenTensors.Open(Recorded);
        var expected = golden.Read(name);
        var picture = PictureDecoder.Decode(File.ReadAllBytes(GoldenFolder.PathOf("images/" + file)), PictureLimits.Default);
        var pixels = ClipPreprocessor.Resize(picture, size);
        if (kind == Pixels)
        {
            AssertPixels(expected.data<byte>().ToArray(), pixels, picture.Mode == PictureMode.Indexed ? 1 : 0);
            return;
        }

        Assert.SkipUnless(kind is Tensor or BgrTensor, $"Nothing checks what is recorded as '{kind}'.");
        var order = kind == Tensor ? ChannelOrder.Rgb : ChannelOrder.Bgr;
        var tolerance = picture.Mode == PictureMode.Indexed ? OneLevelTolerance : ExactTolerance;
        Difference.AssertWithin(tolerance, expected, ClipPreprocessor.ToTensor(pixels, size, order), name);
    }

    private static void AssertPixels(byte[] expected, byte[] actual, int levels)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.Equal(0, expected.Zip(actual).Count(pair => Math.Abs(pair.First - pair.Second) > levels));
    }
}
