using CsCheck;
using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;

namespace Herd.Silo.Tests.Adapters;

public sealed class ModelReferenceTests
{
    private static readonly Gen<string> Name = Gen.Select(
        Gen.Char["abcxyz019"], Gen.String[Gen.Char["abcxyz019-_."], 0, 63], (first, rest) => first + rest).Where(name => name != ModelReference.BaseName);

    private static readonly Gen<string> Version = Gen.OneOf(Name, Gen.String[Gen.Char["0123456789abcdef"], 64, 64].Select(digest => ModelReference.DigestPrefix + digest));

    [Fact]
    public void Every_reference_reads_as_it_was_written() => Gen.Select(Name, Version, Gen.Bool).Sample((name, version, hasVersion) =>
    {
        var text = hasVersion ? $"{name}@{version}" : name;
        var reference = ModelReference.Parse(text);
        return reference.ToString() == text && reference.Adapter == name && reference.Version == (hasVersion ? version : null);
    });

    [Fact]
    public void Any_text_is_read_or_refused_as_an_invalid_argument() => Gen.String[Gen.Char["ab@:sha256/ \n\u00e9"], 0, 80].Sample(text =>
    {
        try
        {
            return ModelReference.Parse(text).ToString() == text;
        }
        catch (HerdException refused)
        {
            return refused is { Code: HerdErrorCode.InvalidArgument, Field: "model" };
        }
    });

    [Fact]
    public void Base_is_the_bare_base() => Assert.Null(ModelReference.Parse("base").Adapter);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Upper")]
    [InlineData("a@")]
    [InlineData("@latest")]
    [InlineData("base@latest")]
    [InlineData("a@sha256:abc")]
    [InlineData("a@b@c")]
    [InlineData("../etc")]
    [InlineData("a\n")]
    public void Anything_else_is_refused(string? text) =>
        Assert.Equal(HerdErrorCode.InvalidArgument, Assert.Throws<HerdException>(() => ModelReference.Parse(text)).Code);

    [Fact]
    public void A_name_with_a_line_end_is_no_name() => Assert.False(GrainKeys.IsName("a\n"));
}
