using System.Security.Cryptography;
using Herd.Engine.Checkpoints;
using Herd.Engine.Tokenization;

namespace Herd.Engine.Bases;

/// <summary>A folder that holds a base: which form it has, its sizes, and where its files lie. Immutable; holds no file open.</summary>
public sealed class BaseFolder
{
    private static readonly FileStreamOptions Sequential = new()
    {
        BufferSize = 1 << 20,
        Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
    };

    private BaseFolder(BaseForm form, LlamaConfig config, BaseFiles files)
    {
        Form = form;
        Config = config;
        (WeightsPath, ConfigPath, TokenizerPath) = (files.Weights, files.Config, files.Tokenizer);
    }

    /// <summary>How the folder holds the base.</summary>
    public BaseForm Form { get; }

    /// <summary>Its sizes.</summary>
    public LlamaConfig Config { get; }

    /// <summary>The file of tensors, <c>consolidated.00.pth</c> or <c>model.safetensors</c>.</summary>
    public string WeightsPath { get; }

    /// <summary>The file of sizes, <c>params.json</c> or <c>config.json</c>.</summary>
    public string ConfigPath { get; }

    /// <summary>The tokenizer's file.</summary>
    public string TokenizerPath { get; }

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
        var json = files.ReadConfig();
        var config = form == BaseForm.Meta
            ? LlamaConfig.FromMeta(json, files.Config, tokenizer.VocabularySize)
            : LlamaConfig.FromHuggingFace(json, files.Config);
        return config.Vocabulary >= tokenizer.VocabularySize
            ? new BaseFolder(form, config, files)
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
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>Lower-case hexadecimal SHA-256 over those of weights, configuration and tokenizer; another one for each form of a base.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: a file cannot be read.</exception>
    public async Task<string> ComputeDigestAsync(CancellationToken cancellationToken = default)
    {
        var digests = new MemoryStream();
        foreach (var path in (string[])[WeightsPath, ConfigPath, TokenizerPath])
        {
            try
            {
                var file = new FileStream(path, Sequential);
                await using (file.ConfigureAwait(false))
                {
                    digests.Write(await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false));
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new CheckpointException(path, null, "a readable file", error.Message.TrimEnd('.'), "Check the file and its rights.", error);
            }
        }

        return Convert.ToHexStringLower(SHA256.HashData(digests.ToArray()));
    }
}
