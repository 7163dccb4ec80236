namespace Herd.Engine.Training.Encoders;

/// <summary>The sizes of a new image encoder of CLIP's form.</summary>
/// <param name="ImageSize">Side of the pictures, a multiple of the patch.</param>
/// <param name="Patch">Side of a patch.</param>
/// <param name="Width">Features of a token inside, a multiple of 64, the width of a head.</param>
/// <param name="Layers">Transformer blocks.</param>
/// <param name="OutputWidth">Features of a token that leaves it.</param>
public sealed record EncoderBlueprint(int ImageSize, int Patch, int Width, int Layers, int OutputWidth)
{
    private const int HeadWidth = 64;

    /// <summary>Tokens of a picture: the class token and one for each patch.</summary>
    public int Tokens => (ImageSize / Patch * (ImageSize / Patch)) + 1;

    /// <summary>Throws where there is no such encoder.</summary>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>.</exception>
    public void Validate()
    {
        if (Patch < 1 || ImageSize < Patch || ImageSize % Patch != 0 || Width < HeadWidth || Width % HeadWidth != 0 || Layers < 1 || OutputWidth < 1)
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, $"{this}: expected a side that the patch divides, a width that {HeadWidth} divides, and at least one layer.");
        }
    }
}
