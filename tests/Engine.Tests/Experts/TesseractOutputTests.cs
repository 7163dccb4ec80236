using CsCheck;
using Herd.Engine.Experts;
using Xunit;

namespace Herd.Engine.Tests.Experts;

public sealed class TesseractOutputTests
{
    private const string Header = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n";

    [Fact]
    public void Read_OfWords_JoinsThemAndWeighsConfidenceByLength()
    {
        var found = TesseractOutput.Read(Header + "4\t1\t1\t1\t1\t0\t0\t0\t9\t9\t-1\t\n" + Word(90, "ONE") + Word(20, "?~") + Word(60, "THREE") + Word(95, " "), 0.3f);

        Assert.Equal("ONE THREE", found.Text);
        Assert.Equal(((0.9f * 3) + (0.6f * 5)) / 8, found.Confidence, 5);
    }

    [Fact]
    public void Read_OfAnything_IsAFindingWithAConfidenceThatIsOne() =>
        Gen.OneOf(Gen.Select(Gen.Double[-200, 200], Gen.String[0, 8], Word), Gen.String[0, 60], Gen.Const("\n"), Gen.Const("5\t1\t1\t1\t1\t1\t0\t0\t1\t1\tNaN\tX\n")).Array[0, 12].Sample(parts =>
        {
            var found = TesseractOutput.Read(string.Concat(parts), 0.3f);

            Assert.InRange(found.Confidence, 0, 1.0001f);
            Assert.True(found.Text.Length > 0 || found.Confidence == 0);
        });

    private static string Word(double confidence, string word) => $"5\t1\t1\t1\t1\t1\t0\t0\t1\t1\t{confidence:F3}\t{word}\n";
}
