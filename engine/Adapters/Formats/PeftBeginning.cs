using System.Text.Json;
using Herd.Engine.Checkpoints;

namespace Herd.Engine.Adapters.Formats;

/// <summary>How a PEFT adapter's matrices began. Some beginnings change the base's matrices too, so that the pairs alone mean nothing over the base itself.</summary>
internal static class PeftBeginning
{
    private const string Field = "init_lora_weights";
    private const string BySubtraction =
        "Save it again with PEFT's save_pretrained(..., path_initial_model_for_weight_conversion=...), which makes a plain LoRA of it, or train it from another beginning.";
    private const string ByTraining = "Train it from another beginning, or merge it into full weights with PEFT and serve those as a base.";

    /// <summary>Ways to begin that leave the base's matrices as they are.</summary>
    private static readonly string[] Plain = ["gaussian", "eva", "orthogonal"];

    /// <summary>Those that take their own beginning out of the base's matrices, which PEFT can undo.</summary>
    private static readonly string[] Subtracted = ["pissa", "olora", "corda"];

    /// <summary>Throws where the beginning that a configuration tells changed the base's matrices.</summary>
    /// <exception cref="CheckpointException">It did, or is unknown.</exception>
    internal static void Expect(JsonElement root, string path)
    {
        if (!root.TryGetProperty(Field, out var value) || value.ValueKind is JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null)
        {
            return;
        }

        var name = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        if (Plain.Contains(name))
        {
            return;
        }

        CheckpointException Refuse(string expected, string cure) =>
            new(path, null, $"field '{Field}': true, false, {string.Join(", ", Plain)}{expected}", CheckpointException.Quote(value.GetRawText()), cure);

        // "pissa_niter_16" says how PiSSA was computed.
        if (Subtracted.Contains(name) || name.StartsWith("pissa_", StringComparison.Ordinal))
        {
            throw Refuse(", which leave the base's matrices as they are", BySubtraction);
        }

        throw name == "loftq"
            ? Refuse(", since what it learnt belongs to matrices that LoftQ quantised, not to the base's", ByTraining)
            : Refuse("; no other is known to leave the base's matrices as they are", ByTraining);
    }
}
