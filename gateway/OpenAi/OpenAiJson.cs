using System.Text.Json.Serialization;
using Herd.Gateway.Adapters;
using Herd.Gateway.Errors;
using Herd.Gateway.Usage;

namespace Herd.Gateway.OpenAi;

/// <summary>Writes the bodies of the HTTP surface: names in snake case.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(OpenAiErrorBody))]
[JsonSerializable(typeof(ChatCompletion))]
[JsonSerializable(typeof(ChatChunk))]
[JsonSerializable(typeof(TextCompletion))]
[JsonSerializable(typeof(ModelBody))]
[JsonSerializable(typeof(ModelListBody))]
[JsonSerializable(typeof(AdapterBody))]
[JsonSerializable(typeof(AdapterListBody))]
[JsonSerializable(typeof(AliasHistoryBody))]
[JsonSerializable(typeof(UploadedBody))]
[JsonSerializable(typeof(DeletedBody))]
[JsonSerializable(typeof(UsageListBody))]
internal sealed partial class OpenAiJson : JsonSerializerContext;
