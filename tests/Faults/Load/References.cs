using System.Collections.Concurrent;
using System.Text;
using Grpc.Core;
using Herd.Faults.Histories;
using Herd.Protos.V1;
using Herd.Testing.Cluster;

namespace Herd.Faults.Load;

/// <summary>What the cluster answers to every question while nobody disturbs it. Greedy answers are the same bits in any company, so they must be so afterwards.</summary>
internal sealed class References
{
    private readonly ConcurrentDictionary<(Voice Voice, Question Question), Answer> _prompts = new();
    private readonly ConcurrentDictionary<(Voice Voice, int Script), Answer[]> _scripts = new();

    private References()
    {
    }

    /// <summary>The answer to a prompt.</summary>
    public Answer Of(Voice voice, Question question) => _prompts[(voice, question)];

    /// <summary>The answers of a conversation.</summary>
    public IReadOnlyList<Answer> Of(Voice voice, int script) => _scripts[(voice, script)];

    /// <summary>Asks everything once.</summary>
    /// <param name="tenant">Who asks; a tenant of whom nothing else is wanted.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<References> AskAsync(ClusterTenant tenant, CancellationToken cancellationToken)
    {
        var references = new References();
        var models = new Dictionary<Voice, string> { [Voice.Base] = "base" };
        foreach (var form in AdapterForm.Initial)
        {
            models[form.Voice] = Requests.Pinned(await Requests.UploadAsync(tenant, 0, form, cancellationToken));
        }

        await Task.WhenAll(models.SelectMany(model => Questions.Prompts.Select(question => references.AskAsync(tenant, model.Key, model.Value, question, cancellationToken))));
        await Task.WhenAll(models.SelectMany(model =>
            Enumerable.Range(0, Questions.Scripts.Count).Select(script => references.AskAsync(tenant, model.Key, model.Value, script, cancellationToken))));
        references.ExpectVoicesToDiffer();
        return references;
    }

    /// <summary>Where two voices answered alike, nobody could tell that one answered for the other.</summary>
    private void ExpectVoicesToDiffer()
    {
        foreach (var answers in _prompts.GroupBy(prompt => prompt.Key.Question, prompt => prompt.Value.Text).Where(answers => answers.Distinct().Count() < answers.Count()))
        {
            throw new InvalidOperationException($"Two voices answer '{answers.Key.Text}' alike: '{answers.First()}'. Ask something else.");
        }
    }

    private async Task AskAsync(ClusterTenant tenant, Voice voice, string model, Question question, CancellationToken cancellationToken)
    {
        var (ids, text) = (new List<int>(), new StringBuilder());
        using var call = new GenerationService.GenerationServiceClient(tenant.Channels[0]).Generate(Requests.Prompt(model, question), tenant.Metadata, cancellationToken: cancellationToken);
        await foreach (var response in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            Take(response.Tokens, ids, text);
        }

        _prompts[(voice, question)] = new Answer(ids, text.ToString());
    }

    private async Task AskAsync(ClusterTenant tenant, Voice voice, string model, int script, CancellationToken cancellationToken)
    {
        var conversations = tenant.Conversations(0);
        var talk = await conversations.CreateConversationAsync(new CreateConversationRequest { Model = model }, tenant.Metadata, cancellationToken: cancellationToken);
        var answers = new List<Answer>();
        foreach (var question in Questions.Scripts[script])
        {
            var (ids, text) = (new List<int>(), new StringBuilder());
            var turn = new RunTurnRequest { ConversationId = talk.Id, TurnId = $"t{answers.Count}", Text = question.Text, Sampling = Requests.Greedy(question.Tokens) };
            using var call = conversations.RunTurn(turn, tenant.Metadata, cancellationToken: cancellationToken);
            await foreach (var update in call.ResponseStream.ReadAllAsync(cancellationToken))
            {
                Take(update.Tokens, ids, text);
            }

            answers.Add(new Answer(ids, text.ToString()));
        }

        _scripts[(voice, script)] = [.. answers];
    }

    private static void Take(TokensGenerated? tokens, List<int> ids, StringBuilder text)
    {
        if (tokens is not null)
        {
            ids.AddRange(tokens.Ids);
            text.Append(tokens.Text);
        }
    }
}
