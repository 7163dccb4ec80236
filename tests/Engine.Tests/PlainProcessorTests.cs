using System.Globalization;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text.RegularExpressions;
using Herd.Engine.Tests.Checkpoints;
using Herd.Engine.Tests.Execution;
using Herd.Engine.Tests.Model;
using Herd.Engine.Tests.Sampling;
using Herd.Engine.Tests.Vision;
using Herd.Testing;
using Xunit;

namespace Herd.Engine.Tests;

/// <summary>The engine's own vectorised code, and batches on it, on a processor without AVX-512, AVX2 and AVX.</summary>
public sealed partial class PlainProcessorTests
{
    private static readonly Type[] Classes =
    [
        typeof(PlainProcessorTests), typeof(TensorReaderTests), typeof(SamplerTests), typeof(SteeringTests), typeof(ClipPreprocessorTests), typeof(PictureDecoderTests),
        typeof(Int8LinearTests), typeof(PaddedVocabularyTests), typeof(GenerationTests),
    ];

    /// <summary>Runs the program again, and this test in it, which then asks the processor.</summary>
    [Fact]
    public async Task Engine_WithoutAvx_WorksAsWell()
    {
        if (PlainProcessor.IsHere)
        {
            Assert.False(Avx.IsSupported || Avx2.IsSupported || Avx512F.IsSupported || Vector256.IsHardwareAccelerated);
            return;
        }

        var (code, output) = await PlainProcessor.RunAsync(typeof(PlainProcessorTests).Assembly, Classes.Select(type => type.FullName!), TestContext.Current.CancellationToken);

        Assert.True(code == 0, output);
        Assert.InRange(int.Parse(Total().Match(output).Groups[1].Value, CultureInfo.InvariantCulture), Classes.Length, int.MaxValue);
    }

    [GeneratedRegex(@"Total: ([0-9]+),")]
    private static partial Regex Total();
}
