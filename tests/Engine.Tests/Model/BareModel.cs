using Herd.Engine.Bases;
using Herd.Engine.Execution;
using Herd.Engine.KvCache;
using Herd.Engine.Model;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Model;

/// <summary>A base without adapters that tells its logits behind every token of a text.</summary>
internal sealed class BareModel : IDisposable
{
    private const int MostTokens = 512;

    private readonly WeightStore _weights;
    private readonly LlamaModel _model;

    public BareModel(BaseFolder folder, EngineWeights weights, ScalarType dtype)
    {
        using var file = folder.OpenWeights();
        _weights = new WeightLoader(folder, weights, dtype, [CPU]).Load(file, null, CancellationToken.None);
        _model = new LlamaModel(folder.Config, _weights, new ModelRoom(Adapters: 1, MostTokens / BlockAllocator.BlockTokens, MostTokens));
    }

    /// <summary>Logits behind every token, [tokens, vocabulary], Float32, owned by the caller's scope.</summary>
    public Tensor Logits(int[] ids)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var segment = new Segment { Ids = ids, Past = 0, PromptTokens = ids.Length, Blocks = [.. Enumerable.Range(0, BlockAllocator.BlocksFor(ids.Length))] };
        var hidden = _model.Forward(new PackedStep([segment], _model.Dtype, _model.Devices));
        return _model.Logits(hidden, new RowSlots([0], [], CPU)).narrow(0, 0, ids.Length).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        _model.Dispose();
        _weights.Dispose();
    }
}
