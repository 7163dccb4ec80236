using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using Herd.Engine.Prompts;
using Herd.Gateway.Tests.EndToEnd;
using Herd.Protos.V1;
using Herd.Testing;
using OpenAI.Chat;
using Xunit;
using ChatMessage = Herd.Protos.V1.ChatMessage;
using ChatRole = Herd.Engine.Prompts.ChatRole;

namespace Herd.Gateway.Tests.RealInput;

/// <summary>
/// The main job on a trained model: two tenants, one with a picture adapter and one with a way of speaking, in one batch, over gRPC and through the OpenAI
/// client, each answer compared with that of an independent float32 program.
/// </summary>
public sealed class TrainedModelTests(ITestOutputHelper output) : IDisposable
{
    private const double DecisiveGap = 0.02;
    private const int MaxTokens = 48;
    private const int AtOnce = 32;

    private readonly TestFolder _data = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("float32")]
    [InlineData("bfloat16")]
    public async Task TwoTenants_EveryStoredQuestion_IsAnsweredAsStored(string dtype)
    {
        Assert.SkipWhen(ShapesModel.Folder is null, "The trained example model is not beside the checkout.");
        await using var process = GatewayProcess.Start(
            _data.In("data"), "--base", ShapesModel.In("base"), "--clip", ShapesModel.In("clip", "clip.pth"), "--dtype", dtype);
        await process.WaitUntilReadyAsync(Cancellation);
        var painter = await TestTenant.CreateAsync(process, "painter");
        var sailor = await TestTenant.CreateAsync(process, "sailor");
        await painter.UploadFileAsync("scenes", ShapesModel.In("adapters", "scenes-official.pth"), "?visual_heads=4");
        await sailor.UploadFileAsync("pirate", ShapesModel.In("adapters", "pirate.pth"));

        var questions = ShapesModel.Questions("scenes-official").Select(wanted => (Tenant: painter, Model: "scenes", Wanted: wanted));
        var texts = ShapesModel.Instructions("scenes-official").Select(wanted => (Tenant: painter, Model: "scenes", Wanted: wanted));
        var pirate = ShapesModel.Instructions("pirate").Select(wanted => (Tenant: sailor, Model: "pirate", Wanted: wanted));
        var cases = questions.Concat(texts).Concat(pirate).ToArray();
        Random.Shared.Shuffle(cases);

        var answers = new ConcurrentBag<(string Surface, ShapesCase Wanted, string Text)>();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = Cancellation };
        await Parallel.ForEachAsync(cases, parallel, async (entry, _) =>
        {
            answers.Add(("gRPC", entry.Wanted, await OverGrpcAsync(entry.Tenant, entry.Model, entry.Wanted)));
            answers.Add(("OpenAI", entry.Wanted, await OverOpenAiAsync(entry.Tenant, entry.Model, entry.Wanted)));
        });

        Assert.Equal(2 * cases.Length, answers.Count);
        foreach (var surface in answers.GroupBy(answer => answer.Surface))
        {
            output.WriteLine($"{dtype}, {surface.Key}: {surface.Count(answer => answer.Text == answer.Wanted.Text)} of {surface.Count()} answers equal");
        }

        if (dtype == "float32")
        {
            Assert.All(answers.Where(answer => answer.Wanted.Gap > DecisiveGap), answer => Assert.Equal(answer.Wanted.Text, answer.Text));
        }
        else
        {
            // Sixteen bits may turn a close choice; most choices of this model are not close.
            Assert.InRange(answers.Count(answer => answer.Text == answer.Wanted.Text), 0.95 * answers.Count, answers.Count);
        }
    }

    public void Dispose() => _data.Dispose();

    private static async Task<string> OverGrpcAsync(TestTenant tenant, string model, ShapesCase wanted)
    {
        var chat = new Chat { Messages = { new ChatMessage { Role = Role.User, Text = wanted.Instruction } } };
        if (wanted.Input is not null)
        {
            chat.Input = wanted.Input;
        }

        var request = new GenerateRequest { Model = model, Chat = chat, Sampling = new Sampling { Temperature = 0, MaxTokens = MaxTokens } };
        if (wanted.Picture is not null)
        {
            request.Picture = ByteString.CopyFrom(await File.ReadAllBytesAsync(wanted.Picture, Cancellation));
        }

        using var call = new GenerationService.GenerationServiceClient(tenant.Channel).Generate(request, tenant.Metadata, cancellationToken: Cancellation);
        var updates = await call.ResponseStream.ReadAllAsync(Cancellation).ToListAsync(Cancellation);
        return string.Concat(updates.Where(update => update.Tokens is not null).Select(update => update.Tokens.Text));
    }

    private static async Task<string> OverOpenAiAsync(TestTenant tenant, string model, ShapesCase wanted)
    {
        if (wanted.Input is not null)
        {
            // Chat completions know no input beside the messages: the whole prompt goes as it is.
            var prompt = PromptTemplate.Get("alpaca").Render([new Engine.Prompts.ChatMessage(ChatRole.User, wanted.Instruction)], wanted.Input);
            return await tenant.CompleteAsync(model, prompt, MaxTokens);
        }

        var parts = new List<ChatMessageContentPart> { ChatMessageContentPart.CreateTextPart(wanted.Instruction) };
        if (wanted.Picture is not null)
        {
            parts.Add(ChatMessageContentPart.CreateImagePart(BinaryData.FromBytes(await File.ReadAllBytesAsync(wanted.Picture, Cancellation)), "image/png"));
        }

        var options = new ChatCompletionOptions { Temperature = 0, MaxOutputTokenCount = MaxTokens };
        var answer = await tenant.Chat(model).CompleteChatAsync([new UserChatMessage(parts)], options, Cancellation);
        return string.Concat(answer.Value.Content.Select(part => part.Text));
    }
}
