using System.Runtime.CompilerServices;
using System.Text.Json;
using Herd.Contracts.Conversations;

namespace Herd.Gateway.Conversations;

/// <summary>Writes conversations out, a line of JSON for each turn.</summary>
internal static class ConversationExport
{
    /// <summary>The turns of a conversation in order; the next ones are read when the last ones are taken.</summary>
    /// <param name="conversation">The conversation.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The lines, without line breaks.</returns>
    public static async IAsyncEnumerable<string> ReadAsync(IConversationGrain conversation, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var next = 0; ;)
        {
            var page = await conversation.ReadRecords(next, cancellationToken);
            if (page.IsEmpty)
            {
                yield break;
            }

            foreach (var record in page)
            {
                yield return JsonSerializer.Serialize(ExportedTurn.Of(record), ConversationJson.Default.ExportedTurn);
            }

            next = page[^1].Turn.Index + 1;
        }
    }
}
