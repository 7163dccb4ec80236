using Herd.Engine.Adapters;
using static TorchSharp.torch;

namespace Herd.Engine.Bases;

/// <summary>The order of the rows of query and key matrices, which Hugging Face's files permute within each head.</summary>
internal static class HeadRows
{
    /// <summary>How many permuted heads a matrix has.</summary>
    /// <param name="linear">The matrix.</param>
    /// <param name="config">The base's sizes.</param>
    /// <returns>0 for a matrix whose rows stand in the same order everywhere.</returns>
    public static int Permuted(TunedLinear linear, LlamaConfig config) => linear switch
    {
        TunedLinear.Query => config.Heads,
        TunedLinear.Key => config.KvHeads,
        _ => 0,
    };

    /// <summary>Puts rows into Meta's order: within a head, row j of the file is Meta's row 2j, and row j + half is Meta's row 2j + 1.</summary>
    /// <param name="rows">[rows, columns] in Hugging Face's order, any type; rows are heads times an even head width.</param>
    /// <param name="linear">The matrix whose rows they are.</param>
    /// <param name="config">The base's sizes.</param>
    /// <returns>[rows, columns] of the same type; <paramref name="rows"/> itself where nothing is permuted.</returns>
    public static Tensor InMetasOrder(Tensor rows, TunedLinear linear, LlamaConfig config) => Permuted(linear, config) is > 0 and var heads
        ? rows.view(heads, 2, config.HeadWidth / 2, rows.shape[1]).transpose(1, 2).reshape(rows.shape)
        : rows;

    /// <summary>The other way: rows in Meta's order into that of Hugging Face's files.</summary>
    /// <param name="rows">[rows, columns] in Meta's order, any type.</param>
    /// <param name="linear">The matrix whose rows they are.</param>
    /// <param name="config">The base's sizes.</param>
    /// <returns>[rows, columns] of the same type; <paramref name="rows"/> itself where nothing is permuted.</returns>
    public static Tensor InHuggingFacesOrder(Tensor rows, TunedLinear linear, LlamaConfig config) => Permuted(linear, config) is > 0 and var heads
        ? rows.view(heads, config.HeadWidth / 2, 2, rows.shape[1]).transpose(1, 2).reshape(rows.shape)
        : rows;
}
