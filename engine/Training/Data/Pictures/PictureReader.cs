using System.Security.Cryptography;
using Herd.Engine.Vision;

namespace Herd.Engine.Training.Data.Pictures;

/// <summary>Prepares pictures of rows for the image encoder.</summary>
/// <param name="side">The encoder's side, in pixels.</param>
/// <param name="options">How pictures are prepared, and what they may cost.</param>
internal sealed class PictureReader(int side, ExampleOptions options)
{
    /// <summary>Reads a picture for a row of a pass.</summary>
    /// <exception cref="BadRowException">It is missing, or no picture.</exception>
    public TrainingPicture Read(PictureFolder folder, string name, long pass, long row)
    {
        var file = folder.Read(name, options.PictureLimits.MaxBytes);
        var picture = Decode(file, name);
        var pixels = options.CutsPictures ? Cut(picture, new RowRandom(options.Seed, pass, row)) : ClipPreprocessor.Resize(picture, side);
        var key = options.CutsPictures ? null : $"{Convert.ToHexStringLower(SHA256.HashData(file))}:{side}:{options.ChannelOrder}";
        return new TrainingPicture(key, ClipPreprocessor.Normalise(pixels, side, options.ChannelOrder));
    }

    private byte[] Cut(DecodedPicture picture, RowRandom random)
    {
        var (left, top, width, height) = RandomCrop.Of(picture.Width, picture.Height, random);
        return ClipPreprocessor.ResizePart(picture, left, top, width, height, side);
    }

    private DecodedPicture Decode(byte[] file, string name)
    {
        try
        {
            return PictureDecoder.Decode(file, options.PictureLimits);
        }
        catch (EngineException error) when (error.Code == EngineErrorCode.InvalidPicture)
        {
            throw new BadRowException(RowFault.Picture, $"picture {Checkpoints.CheckpointException.Quote(name)}: {error.Message}");
        }
    }
}
