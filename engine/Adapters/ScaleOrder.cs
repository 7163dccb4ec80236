namespace Herd.Engine.Adapters;

/// <summary>Where the scale of a tuned matrix stands.</summary>
public enum ScaleOrder
{
    /// <summary><c>y = W (s * x) + b</c>: the released code. The scale has the width of the input.</summary>
    Input,

    /// <summary><c>y = s * (W x + b)</c>: the paper, arXiv:2304.15010, equation 1. The scale has the width of the output.</summary>
    Output,
}
