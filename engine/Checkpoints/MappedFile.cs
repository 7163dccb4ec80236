using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Herd.Engine.Checkpoints;

/// <summary>A file mapped into memory to be read; tensors are views of it. Its pages are the system's own copy of the file, shared by all processes.</summary>
/// <remarks>
/// Dispose it after the last tensor. Nothing may write to such a tensor: the memory is read-only. A file that is cut short while it is mapped ends the
/// process when the lost part is touched, so a base's files are replaced by new ones, never written over.
/// </remarks>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _first;

    /// <summary>Maps a file.</summary>
    /// <param name="path">The file; not empty.</param>
    /// <exception cref="CheckpointException">The file cannot be mapped.</exception>
    public MappedFile(string path)
    {
        try
        {
            _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
            _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            _file?.Dispose();
            throw new CheckpointException(path, null, "a file that can be mapped into memory", error.Message.TrimEnd('.'), "Check the file and its rights.", error);
        }

        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _first);
    }

    /// <summary>A view of values.</summary>
    /// <param name="offset">The first byte; a multiple of an element's size.</param>
    /// <param name="dtype">The stored type.</param>
    /// <param name="shape">The shape; all of it lies within the file.</param>
    /// <returns>A contiguous CPU tensor over the file's own memory, owned by the caller's scope.</returns>
    public Tensor View(long offset, ScalarType dtype, ReadOnlySpan<long> shape)
    {
        fixed (long* extents = shape)
        {
            var handle = NewTensor((nint)(_first + _view.PointerOffset + offset), &Keep, (nint)extents, shape.Length, (sbyte)dtype, (sbyte)dtype, 0, -1, 0);
            return handle != 0 ? Tensor.UnsafeCreateTensor(handle) : throw new InvalidOperationException($"libtorch made no view of {shape.Length} axes at {offset}.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    /// <summary>libtorch wants to be told how to free the memory; the mapping does that.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Keep(nint memory)
    {
    }

    [DllImport("LibTorchSharp", EntryPoint = "THSTensor_new"), DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.ApplicationDirectory)]
    private static extern nint NewTensor(
        nint memory, delegate* unmanaged[Cdecl]<nint, void> free, nint shape, int axes, sbyte stored, sbyte dtype, int deviceType, int deviceIndex, byte gradient);
}
