using Herd.Engine.Checkpoints;
using Herd.Testing;
using Herd.Testing.Checkpoints;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Checkpoints;

/// <summary>TorchScript archives: modules as objects of classes that nobody runs.</summary>
public sealed class TorchScriptTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_ModulesWithinModules_NamesTensorsByTheirPath()
    {
        using var scope = NewDisposeScope();
        // More than 256 things to remember, so that the pickle goes over to the wide form of its references.
        var tensors = Enumerable.Range(0, 100).ToDictionary(i => $"blocks.{i}.inner.weight", i => full([2, 3], i));
        tensors.Add("scale", tensor(4.6f));
        tensors.Add("resolution", tensor(224L));
        File.WriteAllBytes(_folder.In("archive"), TorchScriptBytes.Pack(tensors));

        using var file = PthFile.Open(_folder.In("archive"));

        Assert.Equal(tensors.Keys.Order(StringComparer.Ordinal), file.Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.All(tensors, expected => Assert.True(file.Read(expected.Key).equal(expected.Value).all().item<bool>()));
        var attributes = Assert.IsAssignableFrom<IReadOnlyDictionary<string, object?>>(file.Root["blocks"]);
        Assert.Equal([0L, 255L, 256L, 65_536L, -1L, 1L << 40], Assert.IsAssignableFrom<IReadOnlyList<object?>>(attributes["sizes"]));
        Assert.Null(attributes["_is_full_backward_hook"]);
    }

    [Fact]
    public void Open_ClassThatIsOtherCode_IsRefused()
    {
        Assert.Contains("'os.system', which is not allowed", Refusal(Module(new(), attributes => attributes.Text("a").Global("os", "system"))), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ModuleWithinItself_IsRefused()
    {
        var pickle = New(new()).Op(PickleOpcode.BinPut, 0);

        Assert.Contains("nested at most", Refusal(Set(pickle, attributes => attributes.Text("a").Op(PickleOpcode.BinGet, 0))), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_TwoPathsOfOneName_IsRefusedByThatName()
    {
        var message = Refusal(Module(new(), attributes =>
        {
            Weight(attributes.Text("a.b"));
            Module(attributes.Text("a"), inner => Weight(inner.Text("b")));
        }));

        Assert.Contains("tensor 'a.b': expected every name once", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AttributesSetTwice_IsRefused()
    {
        var pickle = Set(Module(new(), attributes => Weight(attributes.Text("a"))), attributes => Weight(attributes.Text("b")));

        Assert.Contains("the attributes of a module, by name and once", Refusal(pickle), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AttributesThatAreNoDictionary_IsRefused()
    {
        Assert.Contains("the attributes of a module", Refusal(New(new()).Op(PickleOpcode.EmptyTuple).Op(PickleOpcode.Build)), StringComparison.Ordinal);
        Assert.Contains("a dictionary and pairs", Refusal(New(new()).Text("a").Op(PickleOpcode.None).Op(PickleOpcode.SetItem)), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_OneSetOfAttributesForManyModules_TakesLittleMemory()
    {
        const int Count = 20_000;
        const long MostBytes = 64L << 20;
        var pickle = new PickleBytes().Op(PickleOpcode.EmptyDict).Op(PickleOpcode.LongBinPut, 0, 0, 0, 0).Op(PickleOpcode.Mark);
        for (var i = 0; i < Count; i++)
        {
            pickle.Text($"{i}").Op(PickleOpcode.None);
        }

        pickle.Op(PickleOpcode.SetItems);
        for (var i = 0; i < Count; i++)
        {
            New(pickle).Op(PickleOpcode.BinGet, 0).Op(PickleOpcode.Build);
        }

        var container = Packed(pickle);
        var before = GC.GetAllocatedBytesForCurrentThread();
        using var file = PthFile.Open(container);

        Assert.Empty(file.Tensors);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes);
    }

    [Fact]
    public void Open_FormBeforePyTorch14_SaysSo()
    {
        File.WriteAllBytes(_folder.In("early.pt"), ZipBytes.Pack([("early/model.json", "{}"u8.ToArray()), ("early/tensors/0", new byte[4])]));

        Assert.Contains("before PyTorch 1.4", Assert.Throws<CheckpointException>(() => PthFile.Open(_folder.In("early.pt"))).Message, StringComparison.Ordinal);
    }

    private static PickleBytes Module(PickleBytes pickle, Action<PickleBytes> attributes) => Set(New(pickle), attributes);

    private static PickleBytes New(PickleBytes pickle) => pickle.Global("__torch__.M", "M").Op(PickleOpcode.EmptyTuple).Op(PickleOpcode.NewObject);

    private static PickleBytes Set(PickleBytes pickle, Action<PickleBytes> attributes)
    {
        attributes(pickle.Op(PickleOpcode.EmptyDict).Op(PickleOpcode.Mark));
        return pickle.Op(PickleOpcode.SetItems).Op(PickleOpcode.Build);
    }

    private static PickleBytes Weight(PickleBytes pickle) => pickle.Tensor("FloatStorage", "0", 4, 0, [4], [1]);

    private string Packed(PickleBytes pickle)
    {
        File.WriteAllBytes(_folder.In("archive.pt"), PthBytes.Pack(pickle.Stop(), 4));
        return _folder.In("archive.pt");
    }

    private string Refusal(PickleBytes pickle) => Assert.Throws<CheckpointException>(() => PthFile.Open(Packed(pickle))).Message;
}
