namespace Herd.Engine.Training;

/// <summary>A loss or gradient is not finite. The checkpoint written last is good.</summary>
public sealed class DivergedException : EngineException
{
    /// <summary>Says where it was seen.</summary>
    /// <param name="tensor">The tensor that was not finite first.</param>
    /// <param name="where">Step and batch.</param>
    public DivergedException(string tensor, string? where = null)
        : base(EngineErrorCode.InvalidRequest, $"Training{(where is null ? "" : " at " + where)}: expected finite numbers, found an infinity or NaN in {tensor}. Lower the learning rate, look at the batch, or train in float32; the last checkpoint is good.")
    {
        (Tensor, Where) = (tensor, where);
    }

    /// <summary>The tensor that was not finite first.</summary>
    public string Tensor { get; }

    /// <summary>Step and batch, where they are known.</summary>
    public string? Where { get; }
}
