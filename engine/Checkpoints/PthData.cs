using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Hashing;
using static TorchSharp.torch;

namespace Herd.Engine.Checkpoints;

/// <summary>Reads the tensors of a PyTorch file and checks their data against the container's checksums.</summary>
internal sealed class PthData(FileBytes file)
{
    private const int PieceBytes = 1 << 20;

    private readonly ConcurrentDictionary<ZipEntry, bool> _checked = [];

    /// <summary>A fresh contiguous CPU tensor of the view's shape and type.</summary>
    internal Tensor Read(TensorInfo info, PthTensor view)
    {
        if (!view.IsContiguous && view.Count > 0)
        {
            return ReadStrided(info, view);
        }

        return TensorFile.Fill(file.Path, info, tensor => ReadRun(info, view, tensor));
    }

    /// <summary>Where a contiguous view's values lie; their checksum is right.</summary>
    internal TensorPlace? Locate(TensorInfo info, PthTensor view)
    {
        if (!view.IsContiguous || info.DType == ScalarType.Bool)
        {
            return null;
        }

        CheckWhole(info, view.Storage.Entry);
        return new TensorPlace(file.Path, file.Start + view.Storage.Entry.Offset + view.Offset * view.Storage.Type.Size);
    }

    /// <summary>Reads the run of the storage that the view spans, then copies the view out of it.</summary>
    private Tensor ReadStrided(TensorInfo info, PthTensor view)
    {
        using var run = TensorFile.Fill(file.Path, info with { Shape = [view.Span] }, tensor => ReadRun(info, view, tensor));
        using var strided = run.as_strided(view.Shape, view.Strides);
        return strided.contiguous();
    }

    private void ReadRun(TensorInfo info, PthTensor view, Tensor target)
    {
        var storage = view.Storage;
        var offset = storage.Entry.Offset + view.Offset * storage.Type.Size;
        if (target.numel() != storage.Count)
        {
            CheckWhole(info, storage.Entry);
            file.Read(offset, target);
            return;
        }

        var checksum = new Crc32();
        TensorBytes.ForEachPiece(target, piece =>
        {
            file.Read(offset, piece);
            checksum.Append(piece);
            offset += piece.Length;
        });
        Compare(info, storage.Entry, checksum);
    }

    /// <summary>Checks a storage of which only a part is read; once, however many parts there are.</summary>
    private void CheckWhole(TensorInfo info, ZipEntry entry)
    {
        if (_checked.ContainsKey(entry))
        {
            return;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            var checksum = new Crc32();
            for (long done = 0; done < entry.Length;)
            {
                var piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, entry.Length - done));
                file.Read(entry.Offset + done, piece);
                checksum.Append(piece);
                done += piece.Length;
            }

            Compare(info, entry, checksum);
            _checked[entry] = true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Compare(TensorInfo info, ZipEntry entry, Crc32 checksum)
    {
        var found = checksum.GetCurrentHashAsUInt32();
        if (found != entry.Checksum)
        {
            var expected = $"data with checksum {entry.Checksum:x8}";
            throw new CheckpointException(file.Path, info.Name, expected, $"{found:x8}", CheckpointException.CopyAgain);
        }
    }
}
