using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Gateway.Grpc;
using Herd.Gateway.Serving;
using Xunit;
using V1 = Herd.Protos.V1;

namespace Herd.Gateway.Tests.Grpc;

public sealed class GenerationMappingTests
{
    [Fact]
    public void ToPrompt_None_NamesTheField() =>
        Assert.Equal("prompt", Assert.Throws<HerdException>(() => GenerationMapping.ToPrompt(new V1.GenerateRequest())).Field);

    [Fact]
    public void ToPrompt_MessageWithoutRole_NamesTheField()
    {
        var request = new V1.GenerateRequest
        {
            Chat = new V1.Chat { Messages = { new V1.ChatMessage { Role = V1.Role.User }, new V1.ChatMessage() } },
        };

        Assert.Equal("chat.messages[1].role", Assert.Throws<HerdException>(() => GenerationMapping.ToPrompt(request)).Field);
    }

    [Fact]
    public void ToPrompt_EmptyText_IsATextPrompt() => Assert.Equal(new TextPrompt(""), GenerationMapping.ToPrompt(new V1.GenerateRequest { Text = "" }));

    [Fact]
    public void ToSampling_ZeroTemperature_IsNotTheDefault() =>
        Assert.Equal(0f, GenerationMapping.ToSampling(new V1.Sampling { Temperature = 0 }).Temperature);

    [Fact]
    public void ToSampling_NothingSet_LeavesAllToTheReplica()
    {
        var sampling = GenerationMapping.ToSampling(new V1.Sampling());

        Assert.Equal((null, null, null, null), (sampling.Temperature, sampling.TopP, sampling.Seed, sampling.MaxTokens));
        Assert.Empty(sampling.Stop);
    }

    [Theory]
    [InlineData(0, 20)]
    [InlineData(1, 1)]
    [InlineData(100, 100)]
    public void PageSize_InRange_IsTaken(int requested, int expected) => Assert.Equal(expected, PageSize.Read(requested));

    [Theory]
    [InlineData(-1)]
    [InlineData(101)]
    public void PageSize_OutOfRange_NamesTheField(int requested) =>
        Assert.Equal("page_size", Assert.Throws<HerdException>(() => PageSize.Read(requested)).Field);
}
