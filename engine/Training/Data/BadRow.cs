namespace Herd.Engine.Training.Data;

/// <summary>A row that was passed over.</summary>
/// <param name="File">Name of its file, without folder.</param>
/// <param name="Line">Line on which it begins, from 1.</param>
/// <param name="Fault">The kind of fault.</param>
/// <param name="Reason">What was expected and what was found.</param>
public sealed record BadRow(string File, long Line, RowFault Fault, string Reason)
{
    /// <inheritdoc/>
    public override string ToString() => $"{File}:{Line}: {Reason}";
}
