using CsCheck;
using Herd.Silo.Storage;

namespace Herd.Silo.Tests.Storage;

public sealed class ColumnsTests
{
    [Fact]
    public void Every_text_is_stored_without_nul_and_read_as_it_was() => Gen.String[Gen.Char["a0\0\u001a\u00e9"], 0, 12].Sample(text =>
    {
        var stored = Columns.OfText(text);
        return !stored.Contains('\0', StringComparison.Ordinal) && Columns.Text(stored) == text;
    });

    [Fact]
    public void Ordinary_text_is_stored_as_it_is() => Assert.Equal("Hello\n", Columns.OfText("Hello\n"));

    [Theory]
    [InlineData("\u001a")]
    [InlineData("a\u001a")]
    public void Text_that_ends_within_an_escape_is_read(string stored) => Assert.Equal(stored, Columns.Text(stored));
}
