using System.Text;
using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Engine.Adapters;
using Herd.Engine.Execution;
using Herd.Engine.Experts;
using Herd.Engine.Prompts;
using Herd.Engine.Sampling;
using Herd.Silo.Devices;
using ChatMessage = Herd.Engine.Prompts.ChatMessage;
using ChatRole = Herd.Engine.Prompts.ChatRole;

namespace Herd.Silo.Experts;

/// <summary>Another adapter of the same tenant that describes the picture, in the batch of the same replica.</summary>
internal sealed class CaptionExpert(
    string name, AdapterVersion version, GenerateRequest asker, InferenceEngine engine, AdapterLoader adapters, CaptionOptions options) : IExpert
{
    public string Name => name;

    public string Label => "Caption";

    public string Settings => $"{version.Digest}/{options.MaxTokens}/{options.Instruction}";

    public bool NeedsPicture => true;

    public bool NeedsText => false;

    public TimeSpan TimeLimit => options.TimeLimit;

    public async Task<ExpertFinding> AskAsync(ExpertQuestion question, CancellationToken cancellationToken)
    {
        try
        {
            using var lease = await adapters.LeaseAsync(version, cancellationToken).ConfigureAwait(false);
            return lease.Manifest.TakesPictures
                ? await DescribeAsync(lease, question.Picture!, cancellationToken).ConfigureAwait(false)
                : throw new ExpertException($"The adapter '{version.Adapter}' takes no pictures.");
        }
        catch (Exception exception) when (exception is Engine.EngineException or HerdException)
        {
            throw new ExpertException($"The adapter '{version.Adapter}' could not describe the picture: {exception.Message}", inner: exception);
        }
    }

    private async Task<ExpertFinding> DescribeAsync(AdapterLease lease, ExpertPicture picture, CancellationToken cancellationToken)
    {
        var template = PromptTemplate.Get(lease.Manifest.Template);
        var prompt = template.Render([new ChatMessage(ChatRole.User, options.Instruction)]);
        var request = new GenerationRequest
        {
            PromptIds = engine.Tokenizer.Encode(prompt, bos: true),
            Adapter = lease,
            Picture = picture.File.ToArray(),
            Scope = asker.Tenant,
            Share = asker.Weight,
            Sampling = SamplingOptions.Greedy,
            MaxTokens = options.MaxTokens,
            StopStrings = template.StopStrings,
            LikeliestTokens = 0,
        };
        var text = new StringBuilder();
        var (sum, tokens) = (0f, 0);
        await foreach (var happened in engine.GenerateAsync(request, cancellationToken).ConfigureAwait(false))
        {
            text.Append(happened.Text);
            if (happened is TokenGenerated { LogProbability: { } likelihood })
            {
                (sum, tokens) = (sum + likelihood, tokens + 1);
            }
        }

        // The geometric mean of its tokens' probabilities: one unlikely word costs as much in a long caption as in a short one.
        return tokens == 0 ? ExpertFinding.Nothing : new ExpertFinding(template.CleanAnswer(text.ToString()), MathF.Exp(sum / tokens));
    }
}
