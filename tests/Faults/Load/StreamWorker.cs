using Grpc.Core;
using Herd.Faults.Clients;
using Herd.Faults.Findings;
using Herd.Faults.Histories;
using Herd.Protos.V1;

namespace Herd.Faults.Load;

/// <summary>Asks for answers over gRPC: by a version's name, or by an alias that moves meanwhile.</summary>
internal sealed class StreamWorker(LoadContext context, LoadTenant tenant, int number, bool byAlias) : Worker(context, tenant, byAlias ? "alias" : "grpc", number)
{
    protected override Task DoAsync(CancellationToken abort)
    {
        var question = Any(Questions.Prompts);
        var model = byAlias ? $"{Requests.Adapter}@{Requests.Alias}" : Tenant.ModelOf(Any(Enum.GetValues<Voice>()));
        var operation = Begin(byAlias ? "streams over gRPC by alias" : "streams over gRPC", $"{question.Tokens} tokens of '{question.Text}' from {model}");
        return TryAsync(operation, canGoOn: false, watch => AskAsync(operation, model, question, watch), abort);
    }

    private async Task<bool> AskAsync(Operation operation, string model, Question question, AttemptWatch watch)
    {
        Tenant.Usage.Ask(question.Tokens);
        var reading = new StreamReading(this, operation, question);
        using var call = new GenerationService.GenerationServiceClient(Tenant.Clients.Channels[watch.Gateway])
            .Generate(Requests.Prompt(model, question), Tenant.Clients.Metadata, cancellationToken: watch.Token);
        await foreach (var response in call.ResponseStream.ReadAllAsync(watch.Token))
        {
            watch.Heard();
            var isRight = response.UpdateCase switch
            {
                GenerateResponse.UpdateOneofCase.Started => reading.Start(response.Started.Version, watch),
                GenerateResponse.UpdateOneofCase.Tokens => reading.Take(response.Tokens),
                _ => reading.End(response.Finished.Usage),
            };
            if (!isRight)
            {
                return false;
            }
        }

        return reading.HasEnded ? true : throw new AnswerUnreadableException("The stream ended without its last message.");
    }

    /// <summary>One answer as it comes.</summary>
    private sealed class StreamReading(StreamWorker worker, Operation operation, Question question)
    {
        private Answer _expected = new([], "");
        private AnswerCheck _check = new(new Answer([], ""));

        public bool HasEnded { get; private set; }

        public bool Start(string version, AttemptWatch watch)
        {
            if (worker.ExpectedFrom(operation, version, question, watch) is not { } expected)
            {
                return false;
            }

            (_expected, _check) = (expected, new AnswerCheck(expected));
            return true;
        }

        public bool Take(TokensGenerated tokens)
        {
            worker.Tenant.Usage.Receive(tokens.Ids.Count);
            worker.Context.Counts.Operation("tokens compared", tokens.Ids.Count);
            return worker.IsRight(operation, _expected, _check.Take(tokens.FirstIndex, tokens.Ids, tokens.Text));
        }

        public bool End(Usage usage)
        {
            HasEnded = true;
            worker.Tenant.Usage.Finish(question.Tokens, usage.CompletionTokens);
            return worker.IsRight(operation, _expected, _check.End(usage.CompletionTokens));
        }
    }

    /// <returns>The undisturbed answer of a version; null where another version should have answered.</returns>
    private Answer? ExpectedFrom(Operation operation, string version, Question question, AttemptWatch watch)
    {
        operation.Note($"version '{version}' answers");
        var possible = byAlias ? Tenant.Live.Possible(watch.Began, Context.Clock.Now) : null;
        if (Tenant.VoiceOf(version) is { } voice && possible?.Contains(version) is not false)
        {
            return Context.References.Of(voice, question);
        }

        Context.Findings.Add(FindingKind.PublicationLost, operation, possible is null ? "a version that was uploaded" : string.Join(" or ", possible), version);
        return null;
    }
}
