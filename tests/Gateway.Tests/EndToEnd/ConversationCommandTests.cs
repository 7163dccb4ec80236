using System.Net;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Herd.Protos.V1;
using Herd.Testing;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd;

/// <summary><c>herd conversation</c> against a real gateway, and what it reads there.</summary>
public sealed class ConversationCommandTests(SharedGateway gateway) : IDisposable
{
    private readonly TestFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task List_TellsEveryConversationOfTheKeysTenant()
    {
        var (tenant, conversations) = await NewTenantAsync();
        var other = await gateway.NewTenantAsync();
        var ids = Enumerable.Range(0, 103).Select(number => $"c{number}").ToArray();
        foreach (var id in ids)
        {
            await CreateAsync(conversations, tenant, id);
        }

        var (code, output, errors) = await RunAsync(tenant.Key, "list");
        var (_, nothing, _) = await RunAsync(other.Key, "list");

        Assert.Equal((0, ""), (code, errors));
        var listed = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')).ToArray();
        Assert.Equal(ids.Order(), listed.Select(fields => fields[0]).Order());
        Assert.All(listed, fields => Assert.Equal(("base", "0"), (fields[1], fields[2])));
        Assert.Equal("", nothing);
    }

    [Fact]
    public async Task Export_WritesTheLinesAndThePicturesAndDelete_LeavesNothing()
    {
        var (tenant, conversations) = await NewTenantAsync();
        await tenant.UploadAsync("eye", "BIAS.pth");
        await CreateAsync(conversations, tenant, "seen", "eye");
        var picture = await File.ReadAllBytesAsync(Path.Combine(RepositoryFiles.Golden, "images", "gray_80x50.png"), Cancellation);
        var digest = await RunTurnAsync(conversations, tenant, "t1", picture);
        await RunTurnAsync(conversations, tenant, "t2", []);
        var (file, pictures) = (Path.Combine(_folder.Path, "seen.jsonl"), Path.Combine(_folder.Path, "pictures"));

        var exported = await RunAsync(tenant.Key, "export", "seen", "--out", file, "--pictures", pictures);
        var printed = await RunAsync(tenant.Key, "export", "seen");
        var deleted = await RunAsync(tenant.Key, "delete", "seen");
        var again = await RunAsync(tenant.Key, "export", "seen", "--out", Path.Combine(_folder.Path, "none"));

        Assert.Equal((0, "", ""), exported);
        Assert.Equal((0, await File.ReadAllTextAsync(file, Cancellation), ""), printed);
        Assert.Equal(["t1", "t2"], printed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("turn_id").GetString()));
        Assert.Equal([digest], Directory.GetFiles(pictures).Select(Path.GetFileName));
        Assert.Equal(picture, await File.ReadAllBytesAsync(Path.Combine(pictures, digest), Cancellation));
        Assert.Equal((0, "deleted seen\n", ""), deleted);
        Assert.Equal((1, "", "herd: Conversation 'seen' does not exist.\n"), again);
        Assert.Equal([file], Directory.GetFiles(_folder.Path));
        using var gone = await tenant.Http.GetAsync(new Uri($"/v1/pictures/{digest}", UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task Picture_OfAnotherTenant_LooksLikeNone()
    {
        var (owner, conversations) = await NewTenantAsync();
        await owner.UploadAsync("eye", "BIAS.pth");
        await CreateAsync(conversations, owner, "seen", "eye");
        var picture = await File.ReadAllBytesAsync(Path.Combine(RepositoryFiles.Golden, "images", "rgba_60x75.png"), Cancellation);
        var digest = await RunTurnAsync(conversations, owner, "t1", picture);
        var other = await gateway.NewTenantAsync();

        Assert.Equal(picture, await owner.Http.GetByteArrayAsync(new Uri($"/v1/pictures/{digest}", UriKind.Relative), Cancellation));
        Assert.Equal(await StatusAndTextAsync(other, new string('0', 64)), await StatusAndTextAsync(other, digest));
        Assert.Equal(HttpStatusCode.NotFound, (await StatusAndTextAsync(other, "..%2f..%2fherd.db")).Status);
    }

    [Theory]
    [InlineData(2, "HERD_KEY", "", "list")]
    [InlineData(1, "herd: ", "herd_abcdefgh_0123456789abcdef", "list")]
    [InlineData(2, "--gateway must be an address", "key", "list", "--gateway", "nowhere")]
    [InlineData(1, "does not answer", "key", "delete", "c", "--gateway", "http://127.0.0.1:1")]
    public async Task Misuse_IsOneLineThatSaysWhatIsWrong(int expected, string said, string key, params string[] arguments)
    {
        var (code, output, errors) = await RunAsync(key, arguments);

        Assert.Equal((expected, ""), (code, output));
        Assert.Contains(said, errors, StringComparison.Ordinal);
        Assert.Equal(1, errors.Count(letter => letter == '\n'));
    }

    private async Task<(TestTenant Tenant, ConversationService.ConversationServiceClient Conversations)> NewTenantAsync()
    {
        var tenant = await gateway.NewTenantAsync();
        return (tenant, new ConversationService.ConversationServiceClient(tenant.Channel));
    }

    private static async Task CreateAsync(ConversationService.ConversationServiceClient conversations, TestTenant tenant, string id, string model = "base") =>
        await conversations.CreateConversationAsync(new CreateConversationRequest { Model = model, Id = id }, tenant.Metadata, cancellationToken: Cancellation);

    /// <returns>The digest of the picture in force.</returns>
    private static async Task<string> RunTurnAsync(ConversationService.ConversationServiceClient conversations, TestTenant tenant, string turn, byte[] picture)
    {
        var request = new RunTurnRequest
        {
            ConversationId = "seen", TurnId = turn, Text = "abc", Picture = ByteString.CopyFrom(picture), Sampling = new Sampling { Temperature = 0, MaxTokens = 3 },
        };
        using var call = conversations.RunTurn(request, tenant.Metadata, cancellationToken: Cancellation);
        return (await call.ResponseStream.ReadAllAsync(Cancellation).ToListAsync(Cancellation))[^1].Finished.PictureDigest;
    }

    private static async Task<(HttpStatusCode Status, string Text)> StatusAndTextAsync(TestTenant tenant, string digest)
    {
        using var response = await tenant.Http.GetAsync(new Uri($"/v1/pictures/{digest}", UriKind.Relative), Cancellation);
        return (response.StatusCode, (await response.Content.ReadAsStringAsync(Cancellation)).Replace(digest, "DIGEST", StringComparison.Ordinal));
    }

    private async Task<(int Code, string Output, string Errors)> RunAsync(string key, params string[] arguments)
    {
        string[] all = arguments.Contains("--gateway") ? arguments : [.. arguments, "--gateway", (await gateway.ProcessAsync()).Http.ToString()];
        var start = HerdPrograms.Named("herd", ["conversation", .. all]);
        start.Environment["HERD_KEY"] = key;
        return await ProgramRun.ToEndAsync(start, Cancellation);
    }
}
