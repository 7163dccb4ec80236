using Herd.Engine.Adapters;
using Herd.Engine.Checkpoints;
using Herd.Engine.Model;
using static TorchSharp.torch;

namespace Herd.Engine.Bases;

/// <summary>Writes a base with the matrices of its blocks in 8 bits: a folder of the same form that serves the same adapters.</summary>
public static class BaseQuantizer
{
    /// <summary>Neighbours in a row that share a scale, where nothing else is asked for.</summary>
    public const int DefaultGroup = Quantization.DefaultGroup;

    /// <summary>Quantises a base. Configuration and tokenizer are copied; embedding, output matrix and norms stay as they are.</summary>
    /// <param name="source">The base.</param>
    /// <param name="output">A folder that is not there yet.</param>
    /// <param name="group">Neighbours in a row that share a scale, 16 to 1,024.</param>
    /// <param name="progress">Told the fraction of tensors that is written.</param>
    /// <param name="cancellationToken">Stops between tensors; nothing is left behind.</param>
    /// <returns>The new folder.</returns>
    /// <remarks>Holds one matrix at a time, and reads each twice: for its scales and for its values.</remarks>
    /// <exception cref="EngineException">The group is out of range, the place is taken or cannot be written, or the base is damaged or in 8 bits already.</exception>
    public static async Task<BaseFolder> QuantizeAsync(
        BaseFolder source, string output, int group = DefaultGroup, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentException.ThrowIfNullOrEmpty(output);
        Check(source, output, group);
        var digest = await source.ComputeDigestAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        var partial = $"{Path.TrimEndingDirectorySeparator(output)}.{Guid.NewGuid():N}.partial";
        try
        {
            Directory.CreateDirectory(partial);
            foreach (var copied in new[] { source.ConfigPath, source.GenerationPath }.OfType<string>())
            {
                File.Copy(copied, Path.Combine(partial, Path.GetFileName(copied)));
            }

            File.Copy(source.TokenizerPath, Path.Combine(partial, BaseFiles.TokenizerNameOf(source.TokenizerPath)));
            var weights = Path.Combine(partial, BaseFiles.SingleWeights(source.Form));
            await Task.Run(() => WriteWeights(source, weights, group, progress, cancellationToken), cancellationToken).ConfigureAwait(false);
            var content = await BaseFolder.Open(partial).ComputeDigestAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            await File.WriteAllTextAsync(Path.Combine(partial, Quantization.FileName), new Quantization(group, digest, content).ToJson(), cancellationToken).ConfigureAwait(false);
            Directory.Move(partial, output);
            return BaseFolder.Open(output);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(output, null, "a place that can be written", error.Message.TrimEnd('.'), "Check the path, its rights and the free space.", error);
        }
        finally
        {
            if (Directory.Exists(partial))
            {
                Directory.Delete(partial, recursive: true);
            }
        }
    }

    private static void Check(BaseFolder source, string output, int group)
    {
        if (group is < Quantization.MinGroup or > Quantization.MaxGroup)
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, $"The group is {group}, expected {Quantization.MinGroup} to {Quantization.MaxGroup}.");
        }

        if (source.Int8Group is not null)
        {
            throw new CheckpointException(source.WeightsPaths[0], null, "a base in 16 or 32 bits", "one in 8 bits already", "Name the base it was made of.");
        }

        if (Path.Exists(output))
        {
            throw new CheckpointException(output, null, "a place where nothing is yet", "a file or folder", "Name another place, or remove what is there.");
        }
    }

    private static void WriteWeights(BaseFolder source, string path, int group, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        using var noGradients = no_grad();
        using var file = source.OpenWeights();
        var plan = Plan(source, new TensorReader(file), group);
        var written = 0;
        SafetensorsWriter.Write(
            path,
            plan.ToDictionary(
                entry => entry.Key,
                entry => entry.Value with
                {
                    Make = () =>
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        progress?.Report(++written / (double)plan.Count);
                        return entry.Value.Make();
                    },
                }));
    }

    /// <summary>The tensors of the new file. Names are looked for before anything is written.</summary>
    private static Dictionary<string, DeferredTensor> Plan(BaseFolder source, TensorReader reader, int group)
    {
        var (config, tensors) = (source.Config, source.Tensors);
        var plan = new Dictionary<string, DeferredTensor>();
        var linears = Enumerable.Range(0, config.Layers).SelectMany(layer => TunedLinearExtensions.All.Select(linear => (Matrix: tensors.Linear(layer, linear), Scales: tensors.Scales(layer, linear, group))));
        foreach (var (matrix, scales) in linears)
        {
            (Tensor Values, Tensor Scales) Quantize() => Int8Linear.Quantize(reader.Take(matrix.Name, matrix.Shape, ScalarType.Float32, copy: true), group);
            plan.Add(matrix.Name, new DeferredTensor(ScalarType.Int8, matrix.Shape, () => Quantize().Values));
            plan.Add(scales.Name, new DeferredTensor(ScalarType.Float32, scales.Shape, () => Quantize().Scales));
            reader.Expect(matrix.Name, matrix.Shape);
        }

        foreach (var kept in tensors.All.Where(tensor => !plan.ContainsKey(tensor.Name)))
        {
            plan.Add(kept.Name, new DeferredTensor(reader.Expect(kept.Name, kept.Shape).DType, kept.Shape, () => reader.Take(kept.Name, kept.Shape)));
        }

        reader.ExpectAllTaken(name => BaseTensors.IsDerived(name) || (config.TiedEmbeddings && name == tensors.Output.Name));
        return plan;
    }
}
