using Herd.Engine.Prompts;
using Herd.Engine.Tokenization;

namespace Herd.Engine.Training.Data;

/// <summary>Writes rows out in their template, and turns them into tokens and weights.</summary>
/// <remarks>
/// The official items: prompt and answer are encoded as one text, between BOS and EOS. How much of it is the prompt is told by encoding that alone, which at
/// the boundary can differ by a token. Answer and EOS weigh 1, the prompt and the unknown token 0.
/// </remarks>
/// <param name="tokenizer">The tokenizer, borrowed.</param>
/// <param name="options">Template and length.</param>
public sealed class ExampleEncoder(LlamaTokenizer tokenizer, ExampleOptions options)
{
    private readonly PromptTemplate _template = PromptTemplate.Get(options.Template);
    private readonly int? _unknown = tokenizer.UnknownId;

    /// <summary>Encodes a row; its picture has no place in the text.</summary>
    /// <param name="row">The row.</param>
    /// <returns>Its tokens, at most <see cref="ExampleOptions.MaxTokens"/>.</returns>
    public EncodedRow Encode(TrainingRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        var prompt = PromptOf(row);
        var ids = tokenizer.Encode(prompt is null ? row.Answer : prompt + _template.JoinAnswer(row.Answer), bos: true, eos: true);
        var learnedFrom = prompt is null ? 1 : tokenizer.Encode(prompt, bos: true).Length;
        var isCut = ids.Length > options.MaxTokens;
        var kept = isCut ? ids[..options.MaxTokens] : ids;
        return new EncodedRow(kept, [.. kept.Select((id, place) => place < learnedFrom || id == _unknown ? 0f : 1f)], isCut);
    }

    private string? PromptOf(TrainingRow row)
    {
        if (row.Instruction is not { } instruction)
        {
            return null;
        }

        if (options.HasOfficialDefects && row.Picture is null)
        {
            return _template.RenderOpening(null, PythonTuple.Of(instruction), row.Input);
        }

        return _template.RenderOpening(null, instruction, string.IsNullOrEmpty(row.Input) ? null : row.Input);
    }
}
