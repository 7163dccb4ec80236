using System.Security.Cryptography;
using Herd.Engine.Checkpoints;
using Herd.Engine.Tokenization;

namespace Herd.Engine.Bases;

/// <summary>A folder that holds a base: which form it has, its sizes, and where its files lie. Immutable; holds no file open.</summary>
public sealed class BaseFolder
{
    private readonly BaseFiles _files;

    private readonly Quantization? _quantization;

    private BaseFolder(BaseForm form, LlamaConfig config, LlamaTokenizer tokenizer, BaseFiles files)
    {
        (Form, Config, Tokenizer, _files) = (form, config, tokenizer, files);
        _quantization = files.Quantization is { } path ? Quantization.Read(BaseFiles.ReadText(path), path) : null;
    }

    /// <summary>How the folder holds the base.</summary>
    public BaseForm Form { get; }

    /// <summary>Its sizes.</summary>
    public LlamaConfig Config { get; }

    /// <summary>The ids that end an answer: the tokenizer's, and those that a Hugging Face base's files name.</summary>
    public required IReadOnlySet<int> EndIds { get; init; }

    /// <summary>The files of tensors: <c>consolidated.NN.pth</c>, <c>consolidated.safetensors</c>, <c>model.safetensors</c>, or those that an index names.</summary>
    public IReadOnlyList<string> WeightsPaths => _files.Weights;

    /// <summary>The file of sizes, <c>params.json</c> or <c>config.json</c>.</summary>
    public string ConfigPath => _files.Config;

    /// <summary>The file that names further ids that end an answer, <c>generation_config.json</c>; null where there is none.</summary>
    public string? GenerationPath => _files.Generation;

    /// <summary>Neighbours in a row that share a scale, where the matrices of the blocks are stored in 8 bits; null where they are not.</summary>
    public int? Int8Group => _quantization?.Group;

    /// <summary>Its tokenizer.</summary>
    public LlamaTokenizer Tokenizer { get; }

    /// <summary>The tokenizer's file.</summary>
    public string TokenizerPath => _files.Tokenizer;

    /// <summary>The tensors that the files must hold.</summary>
    internal BaseTensors Tensors => new(Config, Form);

    /// <summary>Looks into a folder and reads everything but the weights.</summary>
    /// <param name="folder">The folder, in Meta's form or Hugging Face's.</param>
    /// <param name="tokenizerFile">The tokenizer's file; null for <c>tokenizer.model</c> in the folder or the one above.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: no base of a supported form, or a damaged file.</exception>
    public static BaseFolder Open(string folder, string? tokenizerFile = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var (form, files) = BaseFiles.Find(folder, tokenizerFile);
        var tokenizer = LlamaTokenizer.Load(files.Tokenizer);
        var json = BaseFiles.ReadText(files.Config);
        var config = form == BaseForm.Meta
            ? LlamaConfig.FromMeta(json, files.Config, tokenizer.VocabularySize)
            : LlamaConfig.FromHuggingFace(json, files.Config);
        return config.Vocabulary >= tokenizer.VocabularySize
            ? new BaseFolder(form, config, tokenizer, files) { EndIds = EndIdsOf(form, files, json, tokenizer) }
            : throw new CheckpointException(
                files.Tokenizer,
                null,
                $"at most the {config.Vocabulary} pieces the base has rows for",
                $"{tokenizer.VocabularySize}",
                "Name the tokenizer that belongs to the base.");
    }

    /// <summary>Adds the image encoder to a base's name.</summary>
    /// <param name="digest">From <see cref="ComputeDigestAsync"/>.</param>
    /// <param name="encoderDigest">The image encoder's, lower-case hexadecimal SHA-256.</param>
    /// <returns>Lower-case hexadecimal SHA-256 over both.</returns>
    public static string WithImageEncoder(string digest, string encoderDigest) =>
        Convert.ToHexStringLower(SHA256.HashData([.. Convert.FromHexString(digest), .. Convert.FromHexString(encoderDigest)]));

    /// <summary>Names the base by what its files hold. Reads the weights once, which takes as long as reading them from disk.</summary>
    /// <param name="cache">Digests of files that were read before; null to read all.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>Lower-case hexadecimal SHA-256 over those of weights, index, configuration (both files) and tokenizer; another one for each form of a base. A quantised folder has
    /// the name of the base it was made of.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: a file cannot be read, or is not the one that was quantised.</exception>
    public async Task<string> ComputeDigestAsync(FileDigestCache? cache = null, CancellationToken cancellationToken = default)
    {
        var digests = new MemoryStream();
        string?[] paths = [.. _files.Weights, _files.Index, _files.Config, _files.Generation, _files.Tokenizer];
        foreach (var path in paths.OfType<string>())
        {
            digests.Write(await FileDigest.OfAsync(path, cache, cancellationToken).ConfigureAwait(false));
        }

        var content = Convert.ToHexStringLower(SHA256.HashData(digests.ToArray()));
        if (_quantization is null || _quantization.Content == content)
        {
            return _quantization?.Source ?? content;
        }

        const string Cure = "Quantise the base again, and use the tokenizer that is written beside it.";
        throw new CheckpointException(_files.Quantization!, null, $"weights, configuration and tokenizer of digest {_quantization.Content}", content, Cure);
    }

    /// <summary>Opens the weights, all files as one.</summary>
    /// <returns>The open files, owned by the caller.</returns>
    /// <exception cref="CheckpointException">A file is missing or not sound.</exception>
    internal ITensorFile OpenWeights()
    {
        if (_files.Index is { } index)
        {
            return IndexedFiles.Open(SafetensorsIndex.Read(index));
        }

        return _files.Weights is [var only]
            ? TensorFile.Open(only)
            : new ShardFiles(OpenAll(_files.Weights), Tensors.All.ToDictionary(tensor => tensor.Name, tensor => tensor.Shape));
    }

    /// <summary>Meta's files name none.</summary>
    private static IReadOnlySet<int> EndIdsOf(BaseForm form, BaseFiles files, string configJson, LlamaTokenizer tokenizer)
    {
        if (form == BaseForm.Meta)
        {
            return tokenizer.EndIds;
        }

        var config = new ConfigFile(configJson, files.Config);
        return EndTokens.Read(files.Generation is { } path ? [new ConfigFile(BaseFiles.ReadText(path), path), config] : [config], tokenizer);
    }

    private static List<ITensorFile> OpenAll(IEnumerable<string> paths)
    {
        var opened = new List<ITensorFile>();
        try
        {
            opened.AddRange(paths.Select(PthFile.Open));
            return opened;
        }
        catch
        {
            opened.ForEach(file => file.Dispose());
            throw;
        }
    }
}
