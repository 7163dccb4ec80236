using Herd.Engine.Checkpoints;
using Herd.Engine.Vision;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Vision;

public sealed class VisualFrontEndTests
{
    private static readonly VisualFrontEndShape Shape = new(
        Width: 16, Depth: 2, Heads: 4, MlpWidth: 40, QueryLength: 3, ClipWidth: 12, ModelWidth: 20);

    [Fact]
    public void Load_reads_back_what_the_file_holds_in_any_float_type()
    {
        var path = Path.GetTempFileName();
        try
        {
            using var scope = NewDisposeScope();
            var tensors = Draw();
            SafetensorsWriter.Write(path, tensors.ToDictionary(pair => pair.Key, pair => pair.Value.to(ScalarType.Float16)));
            using var file = TensorFile.Open(path);
            var reader = new TensorReader(file);

            Assert.True(VisualFrontEndShape.IsIn(file));
            Assert.Equal(Shape, VisualFrontEndShape.Of(file, Shape.Heads));
            using var frontEnd = VisualFrontEnd.Load(reader, Shape, CPU);
            reader.ExpectAllTaken();
            Assert.All(frontEnd.Tensors, pair => Assert.True(pair.Value.allclose(tensors[pair.Key], 1e-3, 1e-3)));
            Assert.Equal(frontEnd.Tensors.Sum(pair => pair.Value.numel()) * sizeof(float), frontEnd.Bytes);

            var error = Assert.Throws<CheckpointException>(() => VisualFrontEndShape.Of(file, 5));
            Assert.Contains("5 heads", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Query_of_a_batch_gives_what_each_picture_gives_alone()
    {
        using var scope = NewDisposeScope();
        using var frontEnd = new VisualFrontEnd(Shape, Draw());
        var features = randn(3, 7, Shape.ClipWidth);

        var together = frontEnd.Query(features);

        Assert.Equal([3, Shape.QueryLength, Shape.ModelWidth], together.shape);
        for (var i = 0; i < 3; i++)
        {
            Assert.True(frontEnd.Query(features.narrow(0, i, 1)).allclose(together.narrow(0, i, 1), 1e-4, 1e-5));
        }
    }

    [Fact]
    public void Query_does_not_depend_on_the_order_of_the_patches()
    {
        using var scope = NewDisposeScope();
        using var frontEnd = new VisualFrontEnd(Shape, Draw());
        var features = randn(1, 7, Shape.ClipWidth);

        Assert.True(frontEnd.Query(features.flip(1)).allclose(frontEnd.Query(features), 1e-4, 1e-5));
    }

    [Fact]
    public void Query_passes_gradients_to_every_tensor()
    {
        using var scope = NewDisposeScope();
        using var frontEnd = new VisualFrontEnd(Shape, Draw());
        foreach (var tensor in frontEnd.Tensors.Values)
        {
            tensor.requires_grad = true;
        }

        (frontEnd.Query(randn(2, 7, Shape.ClipWidth)) * randn(2, Shape.QueryLength, Shape.ModelWidth)).sum().backward();

        Assert.All(frontEnd.Tensors, pair => Assert.True(pair.Value.grad is { } grad && grad.abs().max().item<float>() > 0, pair.Key));
    }

    [Theory]
    [InlineData(7, 13)]
    [InlineData(0, 12)]
    public void Query_of_features_of_another_shape_is_refused(int tokens, int width)
    {
        using var scope = NewDisposeScope();
        using var frontEnd = new VisualFrontEnd(Shape, Draw());

        var error = Assert.Throws<ArgumentException>(() => frontEnd.Query(zeros(1, tokens, width)));
        Assert.Contains("[B, T, 12]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tensors_that_are_missing_too_many_or_of_another_kind_are_refused()
    {
        using var scope = NewDisposeScope();

        Assert.Contains("visual_query.weight", Refused(tensors => tensors.Remove("visual_query.weight")), StringComparison.Ordinal);
        Assert.Contains("visual_proj.bias", Refused(tensors => tensors["visual_proj.bias"] = zeros(21)), StringComparison.Ordinal);
        Assert.Contains("Float64", Refused(tensors => tensors["visual_proj.bias"] = zeros(20, ScalarType.Float64)), StringComparison.Ordinal);
        Assert.Contains("found 34", Refused(tensors => tensors["gate"] = zeros(1)), StringComparison.Ordinal);
    }

    [Fact]
    public void Query_and_Dispose_leave_no_tensor_but_the_result()
    {
        using var features = zeros(1, 7, Shape.ClipWidth);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        VisualFrontEnd frontEnd;
        using (NewDisposeScope())
        {
            frontEnd = new VisualFrontEnd(Shape, Draw());
        }

        var made = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        frontEnd.Query(features).Dispose();
        frontEnd.Project(features).Dispose();
        Assert.Equal(made, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        frontEnd.Dispose();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.Equal(Shape.Tensors().Count(), made - before);
    }

    private static string Refused(Action<Dictionary<string, Tensor>> spoil)
    {
        var tensors = Draw();
        spoil(tensors);
        return Assert.Throws<ArgumentException>(() => new VisualFrontEnd(Shape, tensors)).Message;
    }

    // Belongs to the caller's scope.
    private static Dictionary<string, Tensor> Draw() => Shape.Tensors().ToDictionary(tensor => tensor.Name, tensor => randn(tensor.Shape) * 0.2);
}
