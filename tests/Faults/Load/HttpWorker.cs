using System.Text.Json;
using Herd.Faults.Clients;
using Herd.Faults.Histories;

namespace Herd.Faults.Load;

/// <summary>Asks for streamed completions over HTTP.</summary>
internal sealed class HttpWorker(LoadContext context, LoadTenant tenant, int number) : Worker(context, tenant, "http", number)
{
    private const string Frame = "data: ";
    private const string End = "[DONE]";

    protected override Task DoAsync(CancellationToken abort)
    {
        var (question, voice) = (Any(Questions.Prompts), Any(Enum.GetValues<Voice>()));
        var model = Tenant.ModelOf(voice);
        var operation = Begin("streams over HTTP", $"{question.Tokens} tokens of '{question.Text}' from {model} over HTTP");
        return TryAsync(operation, canGoOn: false, watch => AskAsync(operation, model, question, Context.References.Of(voice, question), watch), abort);
    }

    private async Task<bool> AskAsync(Operation operation, string model, Question question, Answer expected, AttemptWatch watch)
    {
        Tenant.Usage.Ask(question.Tokens);
        using var request = Requests.Completion(model, question);
        using var response = await Tenant.Clients.Http[watch.Gateway].SendAsync(request, HttpCompletionOption.ResponseHeadersRead, watch.Token);
        await Requests.ExpectSuccessAsync(response, watch.Token);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(watch.Token));
        var (check, tokens) = (new AnswerCheck(expected), 0);
        while (await ReadFrameAsync(reader, watch.Token) is var frame && frame != End)
        {
            watch.Heard();
            using var json = JsonDocument.Parse(frame);
            var body = json.RootElement;
            if (body.TryGetProperty("error", out _))
            {
                throw Requests.Refused(200, frame, retryAfter: null);
            }

            tokens = body.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object ? usage.GetProperty("completion_tokens").GetInt32() : tokens;
            var text = string.Concat(body.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("text").GetString()));
            if (!IsRight(operation, expected, check.TakeText(text)))
            {
                return false;
            }
        }

        Tenant.Usage.Receive(tokens);
        Tenant.Usage.Finish(question.Tokens, tokens);
        Context.Counts.Operation("tokens compared", tokens);
        return IsRight(operation, expected, check.End(tokens));
    }

    /// <summary>Reads the next frame.</summary>
    private static async Task<string> ReadFrameAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            var line = await reader.ReadLineAsync(cancellationToken) ?? throw new IOException("The response ended without [DONE].");
            if (line.StartsWith(Frame, StringComparison.Ordinal))
            {
                return line[Frame.Length..];
            }

            if (line.Length > 0)
            {
                throw new AnswerUnreadableException($"'{line}' is no frame.");
            }
        }
    }
}
