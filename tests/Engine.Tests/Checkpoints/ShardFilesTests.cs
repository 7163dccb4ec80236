using Herd.Engine.Checkpoints;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Checkpoints;

public sealed class ShardFilesTests : IDisposable
{
    private static readonly Dictionary<string, long[]> Shapes = new() { ["rows"] = [6, 2], ["columns"] = [2, 6], ["whole"] = [3] };

    private readonly TestFolder _folder = new();

    [Fact]
    public void Read_JoinsPartsAlongTheAxisThatIsSplit()
    {
        using var scope = NewDisposeScope();
        var (rows, columns, whole) = (rand(6, 2), rand(2, 6), rand(3));
        using var files = Open([.. Enumerable.Range(0, 3).Select(k => Shard(k, rows.narrow(0, 2 * k, 2), columns.narrow(1, 2 * k, 2), whole))]);

        Assert.True(files.Read("rows").equal(rows).all().item<bool>());
        Assert.True(files.Read("columns").equal(columns).all().item<bool>());
        Assert.True(files.Read("whole").equal(whole).all().item<bool>());
        Assert.Equal([6, 2], files.Tensors["rows"].Shape);
        Assert.Null(files.Locate("rows"));
    }

    [Fact]
    public void Read_CopiesThatDiffer_NamesTheShard()
    {
        using var scope = NewDisposeScope();
        using var files = Open(Shard(0, rand(3, 2), rand(2, 3), zeros(3)), Shard(1, rand(3, 2), rand(2, 3), ones(3)));

        Assert.Contains("shard-1: tensor 'whole': expected the values of shard-0", Assert.Throws<CheckpointException>(() => files.Read("whole")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ShardsThatDoNotFit_AreRefusedByName()
    {
        using var scope = NewDisposeScope();
        var sound = Shard(0, rand(3, 2), rand(2, 3), zeros(3));

        Assert.Contains("shard-1: tensor 'rows'", Refusal(sound, Shard(1, rand(2, 2), rand(2, 3), zeros(3))), StringComparison.Ordinal);
        Assert.Contains("no such tensor", Refusal(sound, Write(1, ("rows", rand(3, 2)), ("columns", rand(2, 3)))), StringComparison.Ordinal);
        Assert.Contains("one more", Refusal(sound, Write(1, ("rows", rand(3, 2)), ("columns", rand(2, 3)), ("whole", zeros(3)), ("other", zeros(1)))), StringComparison.Ordinal);
        Assert.Contains("one of 3 parts of", Refusal(sound, Shard(1, rand(3, 2), rand(2, 3), zeros(3)), Shard(2, rand(3, 2), rand(2, 3), zeros(3))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}""", null)]
    [InlineData("""{"metadata":{"total_size":12},"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}""", null)]
    [InlineData("""{"metadata":{"total_size":16},"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}""", "expected 16 bytes of tensors")]
    [InlineData("""{"weight_map":{"a":"two.safetensors","b":"one.safetensors"}}""", "expected it in two.safetensors, found one.safetensors")]
    [InlineData("""{"weight_map":{"a":"one.safetensors","b":"two.safetensors","c":"two.safetensors"}}""", "tensor 'c': expected it in two.safetensors, found none")]
    [InlineData("""{"weight_map":{"a":"one.safetensors","c":"two.safetensors"}}""", "tensor 'c'")]
    [InlineData("""{"weight_map":{"a":"one.safetensors","b":"none.safetensors"}}""", "none.safetensors: expected a readable file")]
    public void Open_IndexedFiles_HoldExactlyWhatTheIndexSays(string index, string? refusal)
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(_folder.In("one.safetensors"), new Dictionary<string, Tensor> { ["a"] = ones(1) });
        SafetensorsWriter.Write(_folder.In("two.safetensors"), new Dictionary<string, Tensor> { ["b"] = zeros(2) });
        File.WriteAllText(_folder.In("index.json"), index);
        void Open()
        {
            using var files = IndexedFiles.Open(SafetensorsIndex.Read(_folder.In("index.json")));
            Assert.Equal(1, files.Read("a").item<float>());
            Assert.Equal(_folder.In("two.safetensors"), files.Locate("b")!.Value.Path);
        }

        if (refusal is null)
        {
            Open();
        }
        else
        {
            Assert.Contains(refusal, Assert.Throws<CheckpointException>(Open).Message, StringComparison.Ordinal);
        }
    }

    public void Dispose() => _folder.Dispose();

    private static ShardFiles Open(params string[] paths) => new([.. paths.Select(SafetensorsFile.Open)], Shapes);

    private static string Refusal(params string[] paths) => Assert.Throws<CheckpointException>(() => Open(paths)).Message;

    private string Shard(int number, Tensor rows, Tensor columns, Tensor whole) => Write(number, ("rows", rows), ("columns", columns), ("whole", whole));

    private string Write(int number, params (string Name, Tensor Values)[] tensors)
    {
        var path = _folder.In($"shard-{number}");
        SafetensorsWriter.Write(path, tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Values));
        return path;
    }
}
