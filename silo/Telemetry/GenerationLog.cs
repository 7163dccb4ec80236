using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Herd.Contracts.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Telemetry;

/// <summary>Writes generations to the log, their texts only where the operator asked for them.</summary>
internal sealed class GenerationLog(IOptions<TelemetryOptions> options, ILogger<GenerationLog> logger)
{
    private readonly bool _texts = options.Value.LogTexts;

    /// <summary>Passes a generation through, and notes its end.</summary>
    internal async IAsyncEnumerable<GenerationUpdate> NoteAsync(
        GenerateRequest request, IAsyncEnumerable<GenerationUpdate> updates, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var answer = new StringBuilder();
        await foreach (var update in updates.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (_texts && update is TokensGenerated tokens)
            {
                answer.Append(tokens.Text);
            }

            if (update is GenerationFinished finished)
            {
                Note(request, finished, answer);
            }

            yield return update;
        }
    }

    private void Note(GenerateRequest request, GenerationFinished finished, StringBuilder answer)
    {
        logger.LogDebug(
            "Generation {RequestId} of {Tenant} with version {Version} made {Tokens} tokens in {Duration}: {Reason}.",
            request.RequestId, request.Tenant, request.Version?.Digest, finished.CompletionTokens, finished.Duration, finished.Reason);
        if (_texts)
        {
            logger.LogInformation(
                "Generation {RequestId}: prompt {Prompt}, answer {Answer}", request.RequestId, JsonSerializer.Serialize<object>(request.Prompt), answer);
        }
    }
}
