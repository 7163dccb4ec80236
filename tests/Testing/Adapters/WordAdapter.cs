using System.Text;
using Herd.Engine.Checkpoints;
using Herd.Engine.Tokenization;
using static TorchSharp.torch;

namespace Herd.Testing.Adapters;

/// <summary>Adapters of the golden base under which it says one word over and over, whatever it is asked: whoever reads the answer knows the version.</summary>
/// <remarks>The last layer gets a bias along the word's row of the output matrix, so long that nothing else counts in the last norm.</remarks>
public sealed class WordAdapter
{
    private const float Strength = 10_000;
    private const int ShortestWord = 3;

    private readonly Tensor _bias;
    private readonly int _lastLayer;

    private WordAdapter(string word, Tensor bias, int lastLayer) => (Word, _bias, _lastLayer) = (word, bias, lastLayer);

    /// <summary>What the model says.</summary>
    public string Word { get; }

    /// <summary>Makes adapters of words that are one token each and all different.</summary>
    /// <param name="count">How many.</param>
    public static IReadOnlyList<WordAdapter> Make(int count)
    {
        var (output, layers) = ReadBase();
        var adapters = new List<WordAdapter>();
        var tokenizer = LlamaTokenizer.Load(RepositoryFiles.Tokenizer);
        for (var id = 0; id < tokenizer.VocabularySize && adapters.Count < count; id++)
        {
            var text = Encoding.UTF8.GetString(tokenizer.BytesOf(id).Span);
            if (text.Length <= ShortestWord || text[0] != ' ' || !text.Skip(1).All(char.IsAsciiLetter) || adapters.Any(adapter => adapter.Word == text[1..]))
            {
                continue;
            }

            var row = output[id];
            if (output.matmul(row).argmax().item<long>() == id)
            {
                adapters.Add(new WordAdapter(text[1..], row / row.norm() * Strength, layers - 1));
            }
        }

        return adapters;
    }

    /// <summary>Writes the adapter as an official file of the chat layout.</summary>
    /// <returns><paramref name="path"/>.</returns>
    public string Write(string path)
    {
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor>
        {
            [$"layers.{_lastLayer}.feed_forward.w2_bias"] = _bias,
            ["norm.weight"] = ones(_bias.shape),
        });
        return path;
    }

    /// <summary>Output matrix [vocabulary, width] and number of layers.</summary>
    private static (Tensor Output, int Layers) ReadBase()
    {
        using var file = SafetensorsFile.Open(Path.Combine(RepositoryFiles.Golden, "tiny-llama", "hf", "model.safetensors"));
        var layers = file.Tensors.Keys.Where(name => name.EndsWith(".input_layernorm.weight", StringComparison.Ordinal)).Count();
        return (file.Read("lm_head.weight").to(float32), layers);
    }
}
