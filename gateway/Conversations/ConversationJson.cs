using System.Text.Json.Serialization;

namespace Herd.Gateway.Conversations;

/// <summary>Writes conversations and exports as JSON: names in snake case, enumerations by name.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ExportedTurn))]
[JsonSerializable(typeof(ConversationListBody))]
[JsonSerializable(typeof(DeletedConversationBody))]
internal sealed partial class ConversationJson : JsonSerializerContext;
