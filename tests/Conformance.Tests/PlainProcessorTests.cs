using System.Globalization;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text.RegularExpressions;
using Herd.Testing;
using Xunit;

namespace Herd.Conformance.Tests;

/// <summary>The golden files hold on a processor without AVX-512, AVX2 and AVX as well: logits, tokens, pixels, choices.</summary>
public sealed partial class PlainProcessorTests
{
    private const string Here = "Herd.Conformance.Tests.";
    private const int LeastTests = 100;

    /// <summary>Runs the program again, and this test in it, which then asks the processor.</summary>
    [Fact]
    public async Task GoldenChecks_WithoutAvx_HoldAsWell()
    {
        if (PlainProcessor.IsHere)
        {
            Assert.False(Avx.IsSupported || Avx2.IsSupported || Avx512F.IsSupported || Vector256.IsHardwareAccelerated);
            return;
        }

        string[] classes = [$"{Here}{nameof(PlainProcessorTests)}", $"{Here}Model.*", $"{Here}Sampling.*", $"{Here}Vision.*", $"{Here}Adapters.*"];
        var (code, output) = await PlainProcessor.RunAsync(typeof(PlainProcessorTests).Assembly, classes, TestContext.Current.CancellationToken);

        Assert.True(code == 0, output);
        Assert.InRange(int.Parse(Total().Match(output).Groups[1].Value, CultureInfo.InvariantCulture), LeastTests, int.MaxValue);
    }

    [GeneratedRegex(@"Total: ([0-9]+),")]
    private static partial Regex Total();
}
