using TorchSharp;
using static TorchSharp.torch;

namespace Herd.Engine.Training.Model;

/// <summary>Gradients with activations of one layer at a time in memory: each layer is computed once more on the way back.</summary>
/// <remarks>Source: Chen et al., arXiv:1604.06174. Between layers only the residual stream is kept; what all layers share, the visual query, gathers its gradient as
/// a leaf and is followed to its own origins in the end.</remarks>
internal sealed class LayerwiseBackward(TrainableModel model, double scale)
{
    /// <summary>Adds a batch's gradients.</summary>
    /// <param name="batch">The batch; it has something to predict.</param>
    /// <returns>Its loss; where that is not finite no gradient was added.</returns>
    public double Run(TrainingBatch batch)
    {
        using var scope = NewDisposeScope();
        var turns = model.Turns(batch);
        var visual = model.VisualQuery(batch);
        var visualLeaf = visual is null ? null : Leaf(visual);
        var maps = model.Maps(batch, visualLeaf);
        var embedded = model.Embed(batch);
        var inputs = new List<Tensor> { embedded.detach() };
        using (no_grad())
        {
            for (var layer = 0; layer < model.Layers; layer++)
            {
                inputs.Add(model.Block(inputs[^1], layer, turns, maps));
            }
        }

        var top = Leaf(inputs[^1]);
        var loss = model.LossOf(top, batch, maps);
        var value = loss.item<float>();
        if (float.IsFinite(value))
        {
            using var factor = scale.ToScalar();
            loss.mul(factor).backward();
            Follow(embedded, BackThroughLayers(inputs, top.grad!, turns, maps));
            Follow(visual, visualLeaf?.grad);
        }

        return value;
    }

    private Tensor BackThroughLayers(List<Tensor> inputs, Tensor gradient, Tensor turns, BatchMaps maps)
    {
        for (var layer = model.Layers - 1; layer >= 0; layer--)
        {
            using var scope = NewDisposeScope();
            var input = Leaf(inputs[layer]);
            autograd.backward([model.Block(input, layer, turns, maps)], [gradient]);
            gradient = input.grad!.MoveToOuterDisposeScope();
        }

        return gradient;
    }

    private static Tensor Leaf(Tensor tensor) => tensor.detach().requires_grad_(true);

    private static void Follow(Tensor? tensor, Tensor? gradient)
    {
        if (tensor is { requires_grad: true } && gradient is not null)
        {
            autograd.backward([tensor], [gradient]);
        }
    }
}
