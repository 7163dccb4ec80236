using System.ClientModel;
using System.Net.Http.Json;
using System.Text.Json;
using Herd.Testing;
using OpenAI.Chat;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd;

/// <summary>The official OpenAI client against the gateway.</summary>
public sealed class OpenAiTests(SharedGateway gateway)
{
    private static readonly ChatCompletionOptions Greedy = new() { Temperature = 0, MaxOutputTokenCount = 12 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Models_AreTheBaseThenAdaptersAndTheirAliases()
    {
        var tenant = await gateway.NewTenantAsync();
        await tenant.UploadAsync("zebra", "CAPTION.pth", "&alias=stable");
        await tenant.UploadAsync("cat", "CHAT-BIAS-SCALE-NORM.pth");

        var models = await tenant.OpenAi().GetOpenAIModelClient().GetModelsAsync(Cancellation);

        Assert.Equal(["base", "cat", "cat@latest", "zebra@stable"], models.Value.Select(model => model.Id));
        Assert.Equal(["herd", tenant.Name, tenant.Name, tenant.Name], models.Value.Select(model => model.OwnedBy));
    }

    [Fact]
    public async Task Model_ByDigest_IsFoundAndOthersAreNot()
    {
        var tenant = await gateway.NewTenantAsync();
        var version = await tenant.UploadAsync("cat", "CHAT-BIAS-SCALE-NORM.pth");
        var models = tenant.OpenAi().GetOpenAIModelClient();

        Assert.Equal($"cat@sha256:{version}", (await models.GetModelAsync($"cat@sha256:{version}", Cancellation)).Value.Id);
        var error = await Assert.ThrowsAsync<ClientResultException>(() => models.GetModelAsync($"cat@sha256:{new string('0', 64)}", Cancellation));
        Assert.Equal(404, error.Status);
    }

    [Fact]
    public async Task Chat_WholeAndStreamed_GiveTheSameAnswerAndTheSameCounts()
    {
        var tenant = await gateway.NewTenantAsync();
        var chat = tenant.Chat("base");

        var whole = (await chat.CompleteChatAsync([new UserChatMessage("abc")], Greedy, Cancellation)).Value;
        var chunks = await chat.CompleteChatStreamingAsync([new UserChatMessage("abc")], Greedy, Cancellation).ToListAsync(Cancellation);

        Assert.Equal(whole.Content[0].Text, string.Concat(chunks.SelectMany(chunk => chunk.ContentUpdate).Select(part => part.Text)));
        Assert.Equal(ChatMessageRole.Assistant, chunks[0].Role);
        Assert.Equal(whole.FinishReason, Assert.Single(chunks, chunk => chunk.FinishReason is not null).FinishReason);
        var usage = Assert.Single(chunks, chunk => chunk.Usage is not null).Usage;
        Assert.Equal(
            (whole.Usage.InputTokenCount, whole.Usage.OutputTokenCount, whole.Usage.TotalTokenCount),
            (usage.InputTokenCount, usage.OutputTokenCount, usage.TotalTokenCount));
        Assert.InRange(whole.Usage.OutputTokenCount, 1, 12);
        Assert.Equal(whole.Usage.InputTokenCount + whole.Usage.OutputTokenCount, whole.Usage.TotalTokenCount);
    }

    [Fact]
    public async Task Completion_GoldenTokens_GivesTheGoldenAnswer()
    {
        var tenant = await gateway.NewTenantAsync();
        await tenant.UploadAsync("golden", "CHAT-BIAS-SCALE-NORM.pth");
        using var golden = JsonDocument.Parse(
            await File.ReadAllTextAsync(Path.Combine(RepositoryFiles.Golden, "expected", "generate-CHAT-BIAS-SCALE-NORM.json"), Cancellation));
        var run = golden.RootElement.EnumerateObject().First(entry => entry.Value.ValueKind == JsonValueKind.Object && entry.Value.TryGetProperty("prompt_ids", out _)).Value;
        var generated = run.GetProperty("generated_ids")[0].GetArrayLength();

        var (status, body) = await tenant.PostAsync(
            "/v1/completions",
            $$"""{"model":"golden","prompt":{{run.GetProperty("prompt_ids")[0].GetRawText()}},"temperature":0,"max_tokens":{{generated}}}""");

        Assert.True(status == 200, body.ToString());
        Assert.Equal(run.GetProperty("decoded")[0].GetString(), body.GetProperty("choices")[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task Completion_SeveralPromptsAndAnswers_ComeInOrderAndAreCounted()
    {
        var tenant = await gateway.NewTenantAsync();

        var (status, body) = await tenant.PostAsync(
            "/v1/completions", """{"model":"base","prompt":["a","bcd"],"n":2,"temperature":1,"top_p":1,"seed":11,"max_tokens":6}""");
        var (_, second) = await tenant.PostAsync("/v1/completions", """{"model":"base","prompt":"bcd","temperature":1,"top_p":1,"seed":12,"max_tokens":6}""");
        var (_, first) = await tenant.PostAsync("/v1/completions", """{"model":"base","prompt":"a","temperature":1,"top_p":1,"seed":11,"max_tokens":6}""");

        Assert.True(status == 200, body.ToString());
        var choices = body.GetProperty("choices").EnumerateArray().ToArray();
        Assert.Equal([0, 1, 2, 3], choices.Select(choice => choice.GetProperty("index").GetInt32()));
        Assert.Equal(TextOf(first), choices[0].GetProperty("text").GetString());
        Assert.Equal(TextOf(second), choices[3].GetProperty("text").GetString());
        var usage = body.GetProperty("usage");
        Assert.Equal(PromptTokensOf(first) + PromptTokensOf(second), usage.GetProperty("prompt_tokens").GetInt32());
        Assert.InRange(usage.GetProperty("completion_tokens").GetInt32(), 4, 24);
    }

    [Fact]
    public async Task Completion_Streamed_HasFramesAndAnEnd()
    {
        var tenant = await gateway.NewTenantAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions")
        {
            Content = JsonContent.Create(new { model = "base", prompt = "abc", temperature = 0, max_tokens = 5, stream = true, stream_options = new { include_usage = true } }),
        };

        using var response = await tenant.Http.SendAsync(request, Cancellation);

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        var frames = (await response.Content.ReadAsStringAsync(Cancellation)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.All(frames, frame => Assert.StartsWith("data: ", frame, StringComparison.Ordinal));
        Assert.Equal("data: [DONE]", frames[^1]);
        var counted = JsonDocument.Parse(frames[^2]["data: ".Length..]).RootElement;
        Assert.Equal(0, counted.GetProperty("choices").GetArrayLength());
        Assert.InRange(counted.GetProperty("usage").GetProperty("completion_tokens").GetInt32(), 1, 5);
    }

    [Fact]
    public async Task Chat_WithPicture_AnswersBySight()
    {
        var tenant = await gateway.NewTenantAsync();
        await tenant.UploadAsync("eye", "BIAS.pth");
        var chat = tenant.Chat("eye");

        var answers = new List<string>();
        foreach (var file in (string?[])[null, "rgb_320x240.png", "rgb_96x71.png", "rgb_320x240.png"])
        {
            var parts = new List<ChatMessageContentPart> { ChatMessageContentPart.CreateTextPart("abc") };
            if (file is not null)
            {
                var bytes = await BinaryData.FromStreamAsync(File.OpenRead(Path.Combine(RepositoryFiles.Golden, "images", file)), Cancellation);
                parts.Add(ChatMessageContentPart.CreateImagePart(bytes, "image/png"));
            }

            answers.Add((await chat.CompleteChatAsync([new UserChatMessage(parts)], Greedy, Cancellation)).Value.Content[0].Text);
        }

        Assert.Equal(answers[1], answers[3]);
        Assert.Equal(3, answers.Distinct().Count());
    }

    [Fact]
    public async Task Chat_WithWebpOrGif_AnswersBySightOfItsFirstFrame()
    {
        var tenant = await gateway.NewTenantAsync();
        await tenant.UploadAsync("eye", "BIAS.pth");
        var png = await File.ReadAllBytesAsync(Path.Combine(RepositoryFiles.Golden, "images", "rgb_96x71.png"), Cancellation);
        using var image = NetVips.Image.PngloadBuffer(png);
        using var inverse = image.Invert();
        var (still, other) = (image.GifsaveBuffer(), inverse.GifsaveBuffer());
        async Task<string> AnswerAsync(byte[] picture, string type)
        {
            var parts = new[] { ChatMessageContentPart.CreateTextPart("abc"), ChatMessageContentPart.CreateImagePart(BinaryData.FromBytes(picture), type) };
            return (await tenant.Chat("eye").CompleteChatAsync([new UserChatMessage(parts)], Greedy, Cancellation)).Value.Content[0].Text;
        }

        var seen = await AnswerAsync(still, "image/gif");

        Assert.Equal(await AnswerAsync(png, "image/png"), await AnswerAsync(image.WebpsaveBuffer(lossless: true), "image/webp"));
        Assert.Equal(seen, await AnswerAsync([.. still[..^1], .. other[FirstFrame(other)..]], "image/gif"));
        Assert.NotEqual(seen, await AnswerAsync(other, "image/gif"));

        // Where the frame's description begins, which takes the whole canvas.
        static int FirstFrame(byte[] gif) => gif.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x2C, 0, 0, 0, 0, .. gif[6..10]]);
    }

    [Fact]
    public async Task Chat_StopText_EndsTheAnswerBeforeIt()
    {
        var tenant = await gateway.NewTenantAsync();
        var free = (await tenant.PostAsync("/v1/completions", """{"model":"base","prompt":"abc","temperature":0,"max_tokens":12}""")).Body;
        var text = TextOf(free)!;
        var stop = text[(text.Length / 2)..(text.Length / 2 + 2)];

        var (_, body) = await tenant.PostAsync(
            "/v1/completions", $$"""{"model":"base","prompt":"abc","temperature":0,"max_tokens":12,"stop":{{JsonSerializer.Serialize(stop)}}}""");

        Assert.Equal(text[..text.IndexOf(stop, StringComparison.Ordinal)], TextOf(body));
        Assert.Equal("stop", body.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task Chat_LogProbabilities_AreTheSameWholeAndStreamed()
    {
        var tenant = await gateway.NewTenantAsync();
        var chat = tenant.Chat("base");
        ChatCompletionOptions Options() => new() { Temperature = 0, MaxOutputTokenCount = 12, IncludeLogProbabilities = true, TopLogProbabilityCount = 3 };

        var whole = (await chat.CompleteChatAsync([new UserChatMessage("abc")], Options(), Cancellation)).Value;
        var chunks = await chat.CompleteChatStreamingAsync([new UserChatMessage("abc")], Options(), Cancellation).ToListAsync(Cancellation);

        var tokens = whole.ContentTokenLogProbabilities;
        Assert.Equal(whole.Usage.OutputTokenCount, tokens.Count);
        Assert.All(tokens, token => Assert.Equal(3, token.TopLogProbabilities.Count));
        Assert.All(tokens, token => Assert.InRange(token.LogProbability, -50, 0));
        Assert.All(tokens, token => Assert.True(token.TopLogProbabilities[0].LogProbability >= token.LogProbability));
        Assert.Equal(tokens.Select(Line), chunks.SelectMany(chunk => chunk.ContentTokenLogProbabilities).Select(Line));
        Assert.Equal(whole.Content[0].Text, string.Concat(chunks.SelectMany(chunk => chunk.ContentUpdate).Select(part => part.Text)));

        static string Line(ChatTokenLogProbabilityDetails token) =>
            $"{token.Token} {token.LogProbability} {string.Join(' ', token.TopLogProbabilities.Select(top => $"{top.Token} {top.LogProbability}"))}";
    }

    [Fact]
    public async Task Completion_LogProbabilities_SpellTheText()
    {
        var tenant = await gateway.NewTenantAsync();

        var (status, body) = await tenant.PostAsync("/v1/completions", """{"model":"base","prompt":"abc","temperature":0,"max_tokens":12,"logprobs":2}""");

        Assert.True(status == 200, body.ToString());
        var told = body.GetProperty("choices")[0].GetProperty("logprobs");
        var tokens = told.GetProperty("tokens").EnumerateArray().Select(token => token.GetString()!).ToList();
        Assert.Equal(tokens.Count, told.GetProperty("token_logprobs").GetArrayLength());
        Assert.Equal(tokens.Count, told.GetProperty("top_logprobs").GetArrayLength());
        Assert.Equal(0, told.GetProperty("text_offset")[0].GetInt32());
        Assert.EndsWith(tokens[^1], TextOf(body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Completion_Steered_ChoosesAsItIsTold()
    {
        var tenant = await gateway.NewTenantAsync();
        async Task<string?> AskAsync(string fields, int temperature = 0) =>
            TextOf((await tenant.PostAsync("/v1/completions", $$"""{"model":"base","prompt":"abc","temperature":{{temperature}},"max_tokens":12,{{fields}}}""")).Body);
        var free = await AskAsync("\"n\":1");

        Assert.Equal("aaaaaaaaaaaa", await AskAsync($"\"logit_bias\":{{\"{TokenOfA()}\":100}}"));
        Assert.NotEqual(free, await AskAsync("\"frequency_penalty\":2,\"presence_penalty\":2"));
        Assert.Equal(free, await AskAsync("\"top_k\":1", temperature: 2));
        Assert.Equal(free, await AskAsync("\"min_p\":1", temperature: 2));
        var (status, refusal) = await tenant.PostAsync("/v1/completions", """{"model":"base","prompt":"abc","logit_bias":{"99999":1}}""");
        Assert.Equal(400, status);
        Assert.Contains("logit_bias", refusal.ToString(), StringComparison.Ordinal);

        static int TokenOfA()
        {
            using var vocabulary = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(RepositoryFiles.Golden, "tokenizer", "vocab.json")));
            return vocabulary.RootElement.EnumerateArray().Single(piece => piece.GetProperty("piece").GetString() == "a").GetProperty("id").GetInt32();
        }
    }

    [Fact]
    public async Task Completion_SameSeed_GivesTheSameTextAloneAndAmongOthers()
    {
        var tenant = await gateway.NewTenantAsync();
        const string Body = """{"model":"base","prompt":"Tell me","temperature":1,"top_p":1,"seed":77,"max_tokens":24,"presence_penalty":0.4,"logprobs":1}""";
        var alone = (await tenant.PostAsync("/v1/completions", Body)).Body.GetProperty("choices").GetRawText();

        var others = Enumerable.Range(0, 12).Select(number => tenant.PostAsync("/v1/completions", $$"""{"model":"base","prompt":"other {{number}}","temperature":1,"max_tokens":24}"""));
        var same = Enumerable.Range(0, 4).Select(_ => tenant.PostAsync("/v1/completions", Body)).ToList();
        await Task.WhenAll(others);

        Assert.All(await Task.WhenAll(same), answer => Assert.Equal(alone, answer.Body.GetProperty("choices").GetRawText()));
    }

    private static string? TextOf(JsonElement body) => body.GetProperty("choices")[0].GetProperty("text").GetString();

    [Fact]
    public async Task Completion_ThePromptOfAnotherRequestOfTheTenant_IsNotComputedAgain()
    {
        var request = $$"""{"model":"base","prompt":"{{string.Concat(Enumerable.Repeat("the cat sat on the mat, ", 20))}}","temperature":0,"max_tokens":6}""";
        var tenant = await gateway.NewTenantAsync();
        var (_, first) = await tenant.PostAsync("/v1/completions", request);
        var (_, second) = await tenant.PostAsync("/v1/completions", request);
        var (_, foreign) = await (await gateway.NewTenantAsync()).PostAsync("/v1/completions", request);

        Assert.Equal(0, CachedTokensOf(first));
        Assert.Equal(0, CachedTokensOf(foreign));
        Assert.InRange(CachedTokensOf(second), 64, PromptTokensOf(second) - 1);
        Assert.Equal(TextOf(first), TextOf(second));
    }

    private static int CachedTokensOf(JsonElement body) =>
        body.GetProperty("usage").GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32();

    private static int PromptTokensOf(JsonElement body) => body.GetProperty("usage").GetProperty("prompt_tokens").GetInt32();
}
