using Herd.Engine.Vision;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Vision;

public sealed class PreprocessGoldenTests
{
    private const double ExactTolerance = 1e-6;
    private const double OneLevelTolerance = 0.016;

    /// <summary>File, size and kind out of tensor names such as <c>photo.png@56.tensor</c>.</summary>
    public static TheoryData<string, int, string> Cases
    {
        get
        {
            using var expected = VisionGolden.Expected("preprocess");
            var cases = new TheoryData<string, int, string>();
            foreach (var name in expected.Tensors.Keys.Order(StringComparer.Ordinal))
            {
                var (at, dot) = (name.LastIndexOf('@'), name.LastIndexOf('.'));
                cases.Add(name[..at], int.Parse(name[(at + 1)..dot]), name[(dot + 1)..]);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Picture_IsPreparedAsTheOfficialTransformDoes(string file, int size, string kind)
    {
        using var scope = NewDisposeScope();
        using var golden = VisionGolden.Expected("preprocess");
        var expected = golden.Read($"{file}@{size}.{kind}");
        var picture = PictureDecoder.Decode(File.ReadAllBytes(VisionGolden.In("images", file)), PictureLimits.Default);
        var pixels = ClipPreprocessor.Resize(picture, size);
        if (kind == "pixels_hwc")
        {
            AssertPixels(expected.data<byte>().ToArray(), pixels, picture.Mode == PictureMode.Indexed ? 1 : 0);
            return;
        }

        var order = kind switch
        {
            "tensor" => ChannelOrder.Rgb,
            "tensor_bgr_order" => ChannelOrder.Bgr,
            _ => throw new NotSupportedException($"The golden file holds '{kind}', which this test does not know."),
        };
        var tolerance = picture.Mode == PictureMode.Indexed ? OneLevelTolerance : ExactTolerance;
        VisionGolden.AssertClose(expected, ClipPreprocessor.ToTensor(pixels, size, order), tolerance);
    }

    private static void AssertPixels(byte[] expected, byte[] actual, int levels)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.Equal(0, expected.Zip(actual).Count(pair => Math.Abs(pair.First - pair.Second) > levels));
    }
}
