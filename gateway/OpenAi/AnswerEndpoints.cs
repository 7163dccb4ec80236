using System.Text.Json;
using Herd.Contracts.Models;
using Herd.Gateway.Errors;
using Herd.Gateway.Keys;
using Herd.Gateway.Serving;
using Microsoft.Extensions.Options;

namespace Herd.Gateway.OpenAi;

/// <summary>Answers chat and plain completions, whole or streamed.</summary>
internal sealed class AnswerEndpoints(GenerationCalls calls, ReaderPatience patience, IOptions<GatewayOptions> options, TimeProvider time, ILogger<AnswerEndpoints> logger)
{
    /// <summary>Answers a chat completion.</summary>
    /// <param name="http">The request.</param>
    /// <returns>A task.</returns>
    public Task ChatAsync(HttpContext http) => AnswerAsync(http, ChatRequestReader.Read, AnswerForm.Chat);

    /// <summary>Answers a plain completion.</summary>
    /// <param name="http">The request.</param>
    /// <returns>A task.</returns>
    public Task PlainAsync(HttpContext http) => AnswerAsync(http, PlainRequestReader.Read, AnswerForm.Plain);

    private async Task AnswerAsync(HttpContext http, Func<JsonElement, GatewayOptions, OpenAiRequest> read, AnswerForm form)
    {
        var cancellationToken = http.RequestAborted;
        var request = await ReadAsync(http, read);
        await using var call = await calls.StartAsync(request.ToOrder(Caller.TenantOf(http)), cancellationToken);
        var fingerprint = call.Version is { } version ? $"sha256:{version.Digest}" : null;
        var header = new AnswerHeader(form.IdPrefix + call.RequestId, time.GetUtcNow().ToUnixTimeSeconds(), request.Model, fingerprint);
        await (request.Stream ? StreamAsync(http, call, request, form, header) : WholeAsync(http, call, request, form, header));
    }

    private async Task<OpenAiRequest> ReadAsync(HttpContext http, Func<JsonElement, GatewayOptions, OpenAiRequest> read)
    {
        using var body = await JsonBody.ReadAsync(http);
        return read(body.RootElement, options.Value);
    }

    private static async Task WholeAsync(HttpContext http, GenerationCall call, OpenAiRequest request, AnswerForm form, AnswerHeader header)
    {
        var progress = new AnswerProgress(request.AnswersPerPrompt);
        await foreach (var step in call.ReadAsync(http.RequestAborted))
        {
            progress.Add(step);
        }

        http.Response.ContentType = "application/json";
        await http.Response.BodyWriter.WriteAsync(form.Whole(header, progress.Answers, progress.Usage, progress.Experts), http.RequestAborted);
    }

    private async Task StreamAsync(HttpContext http, GenerationCall call, OpenAiRequest request, AnswerForm form, AnswerHeader header)
    {
        var sse = new SseWriter(http.Response, patience, http.RequestAborted);
        var progress = new AnswerProgress(request.AnswersPerPrompt);
        var released = new Dictionary<int, ReleasedTokens>();
        await using var steps = call.ReadAsync(http.RequestAborted).GetAsyncEnumerator(http.RequestAborted);

        // What fails before the first update is an ordinary error response.
        var more = await steps.MoveNextAsync();
        await sse.BeginAsync();
        try
        {
            for (; more; more = await steps.MoveNextAsync())
            {
                progress.Count(steps.Current);
                foreach (var frame in FramesOf(steps.Current, form, header, progress, released))
                {
                    await sse.WriteAsync(frame);
                }
            }

            if (request.IncludeUsage)
            {
                await sse.WriteAsync(form.Counted(header, progress.Usage));
            }

            await sse.EndAsync();
        }
        catch (Exception exception) when (!http.RequestAborted.IsCancellationRequested)
        {
            await sse.WriteAsync(ErrorFrame(exception, call.RequestId));
        }
    }

    private static IEnumerable<byte[]> FramesOf(
        GenerationStep step, AnswerForm form, AnswerHeader header, AnswerProgress progress, Dictionary<int, ReleasedTokens> released)
    {
        switch (step.Update)
        {
            case GenerationStarted:
                released.Add(step.Index, new ReleasedTokens());
                return form.Opening(header, step.Index) is { } opening ? [opening] : [];
            case TokensGenerated tokens:
                var run = released[step.Index].Take(tokens);
                return tokens.Text.Length > 0 ? [form.Delta(header, step.Index, tokens.Text, run)] : [];
            case GenerationFinished finished:
                var closing = form.Closing(header, step.Index, AnswerProgress.NameOf(finished.Reason), progress.ExpertsOf(step.Index));
                return released[step.Index].Take(finished) is { } rest ? [form.Delta(header, step.Index, "", rest), closing] : [closing];
            default:
                return [];
        }
    }

    private byte[] ErrorFrame(Exception exception, string requestId)
    {
        var error = ErrorTranslation.ToHerd(exception, CancellationToken.None);
        logger.LogWarning(exception, "The stream of request {RequestId} ended with {Code}.", requestId, error.Code);
        var body = OpenAiErrorBody.Of(ErrorTable.Of(error.Code), error.Message, error.Field);
        return JsonSerializer.SerializeToUtf8Bytes(body, OpenAiJson.Default.OpenAiErrorBody);
    }
}
