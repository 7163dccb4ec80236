using Herd.Engine.Adapters;
using Herd.Engine.Execution;
using Herd.Engine.Prompts;

namespace Herd.Demo.Evaluation;

/// <summary>Asks an engine of this process, as the gateway would: greedily, in the adapter's template.</summary>
/// <param name="engine">The engine, borrowed.</param>
/// <param name="adapter">The adapter, borrowed; null for the bare base.</param>
public sealed class EngineAsker(InferenceEngine engine, AdapterLease? adapter)
{
    /// <summary>Most tokens of an answer.</summary>
    public const int MaxTokens = 48;

    private const string BaseTemplate = "alpaca";

    /// <summary>Asks.</summary>
    /// <param name="asked">The question; a picture needs an adapter that takes pictures.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The whole answer.</returns>
    public async Task<string> AskAsync(Asked asked, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(asked);
        var template = PromptTemplate.Get(adapter?.Manifest.Template ?? BaseTemplate);
        var prompt = template.Render([new ChatMessage(ChatRole.User, asked.Instruction)], asked.Input);
        var request = new GenerationRequest
        {
            PromptIds = engine.Tokenizer.Encode(prompt, bos: true),
            Adapter = adapter,
            Picture = asked.Picture,
            MaxTokens = MaxTokens,
            StopStrings = template.StopStrings,
        };
        var answer = "";
        await foreach (var happened in engine.GenerateAsync(request, cancellationToken).ConfigureAwait(false))
        {
            answer += happened.Text;
        }

        return answer;
    }
}
