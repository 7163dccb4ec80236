using Herd.Engine.Bases;
using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>Rotary position embedding in Meta's convention: neighbouring features form complex numbers that are turned by their position.</summary>
/// <remarks><c>(x[2j], x[2j+1]) * e^(i p theta^(-2j/d))</c>, in Float32. Source: LLaMA, arXiv:2302.13971, and Su et al., arXiv:2104.09864.</remarks>
internal sealed class RotaryTable : IDisposable
{
    private readonly Tensor _turns; // [positions, headWidth / 2], complex64

    /// <summary>Computes the turns of all positions.</summary>
    /// <param name="positions">Number of positions.</param>
    /// <param name="headWidth">Features per head, even.</param>
    /// <param name="theta">Base of the frequencies.</param>
    /// <param name="scaling">How the frequencies are lowered; null for not at all.</param>
    /// <param name="device">The device.</param>
    public RotaryTable(int positions, int headWidth, float theta, RopeScaling? scaling, Device device)
    {
        using var scope = NewDisposeScope();
        var frequencies = tensor(Enumerable.Range(0, headWidth / 2).Select(pair => Frequency(pair)).ToArray());
        var angles = outer(tensor(Enumerable.Range(0, positions).Select(position => (float)position).ToArray()), frequencies);
        _turns = polar(ones_like(angles), angles).to(device).DetachFromDisposeScope();

        float Frequency(int pair)
        {
            var frequency = 1 / MathF.Pow(theta, 2f * pair / headWidth);
            return scaling?.Apply(frequency) ?? frequency;
        }
    }

    /// <summary>The turns of a step's rows.</summary>
    /// <param name="positions">Position of each row, [rows], int64.</param>
    /// <returns>[rows, 1, headWidth / 2], complex64.</returns>
    public Tensor At(Tensor positions) => _turns.index_select(0, positions).unsqueeze(1);

    /// <summary>Turns queries or keys.</summary>
    /// <param name="heads">[rows, heads, headWidth], model's type.</param>
    /// <param name="turns">From <see cref="At"/>.</param>
    /// <returns>Same shape and type.</returns>
    public static Tensor Rotate(Tensor heads, Tensor turns)
    {
        var (rows, count, width) = (heads.shape[0], heads.shape[1], heads.shape[2]);
        var pairs = view_as_complex(heads.to(ScalarType.Float32).reshape(rows, count, width / 2, 2));
        return view_as_real(pairs * turns).reshape(rows, count, width).to(heads.dtype);
    }

    /// <inheritdoc/>
    public void Dispose() => _turns.Dispose();
}
