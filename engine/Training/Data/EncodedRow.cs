namespace Herd.Engine.Training.Data;

/// <summary>The text of a row as the model takes it.</summary>
/// <param name="Ids">Token ids, BOS first.</param>
/// <param name="Weights">As many: 1 for what is to be learned, else 0.</param>
/// <param name="IsCut">Whether it was longer than an example may be, and lost its end.</param>
public sealed record EncodedRow(int[] Ids, float[] Weights, bool IsCut)
{
    /// <summary>Whether anything in it is to be learned.</summary>
    public bool Teaches => Array.Exists(Weights, weight => weight > 0);
}
