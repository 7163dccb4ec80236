using System.Globalization;
using Herd.Engine.Checkpoints;
using Herd.Engine.Training.Optimization;
using Herd.Engine.Training.Parameters;
using TorchSharp;
using static TorchSharp.torch;

namespace Herd.Engine.Training;

/// <summary>Optimiser steps by a plan: a step takes batches of one source and moves the groups that this source moves, and no other.</summary>
/// <remarks>Borrows tensors and tasks; owns the optimiser's memory. One thread at a time.</remarks>
public sealed class Trainer : IDisposable
{
    private readonly TrainingPlan _plan;
    private readonly IReadOnlyList<ITrainingTask> _tasks;
    private readonly IReadOnlyList<TrainedParameter> _parameters;
    private readonly AdamW _optimizer;
    private readonly SourceMix _mix;

    /// <summary>Takes hold of what is trained. No tensor requires gradients but those that the plan's groups hold.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="tensors">All tensors that can be trained, by name; Float32 leaves.</param>
    /// <param name="tasks">What is minimised, one for each source.</param>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>: a value is out of range, a pattern holds no tensor, two groups hold the same one, or a
    /// group names a source that is not there.</exception>
    public Trainer(TrainingPlan plan, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyList<ITrainingTask> tasks)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentNullException.ThrowIfNull(tasks);
        plan.Validate();
        (_plan, _tasks) = (plan, tasks);
        _parameters = GroupedParameters.Of(plan, tensors, [.. tasks.Select(task => task.Source)]);
        _optimizer = new AdamW(plan.AdamW);
        _mix = new SourceMix([.. tasks.Select(task => plan.Shares.GetValueOrDefault(task.Source, 1))]);
        foreach (var tensor in tensors.Values)
        {
            tensor.requires_grad = false;
        }
    }

    /// <summary>Steps that are behind.</summary>
    public long StepsDone { get; private set; }

    /// <summary>The plan's steps.</summary>
    public long Steps => _plan.Schedule.Steps;

    /// <summary>Whether the plan's steps are behind.</summary>
    public bool IsDone => StepsDone >= Steps;

    /// <summary>Number of values that are trained.</summary>
    public long TrainedValues => _parameters.Sum(parameter => parameter.Value.numel());

    /// <summary>Names of the tensors that are trained, by group.</summary>
    public ILookup<string, string> TrainedTensors => _parameters.ToLookup(parameter => parameter.Group.Name, parameter => parameter.Name);

    /// <summary>Makes a step.</summary>
    /// <returns>What it came to.</returns>
    /// <exception cref="DivergedException">Loss or gradient is not finite; nothing was moved.</exception>
    public TrainingStep Step()
    {
        using var scope = NewDisposeScope();
        var task = _tasks[_mix.Next()];
        var position = task.Position;
        var moved = Prepare(task.Source);
        var (loss, examples, tokens) = (0.0, 0, 0L);
        try
        {
            for (var batch = 0; batch < _plan.Accumulation; batch++)
            {
                var part = task.Backward(1.0 / _plan.Accumulation);
                (loss, examples, tokens) = (loss + (part.Loss / _plan.Accumulation), examples + part.Examples, tokens + part.Tokens);
            }

            var (length, rate) = (ShortenGradients(moved), _plan.Schedule.At(StepsDone));
            foreach (var parameter in moved)
            {
                if (parameter.Value.grad is { } gradient)
                {
                    _optimizer.Move(parameter, gradient, rate * parameter.Group.Rate);
                }
            }

            return new TrainingStep(StepsDone++, task.Source, loss, length, rate, examples, tokens);
        }
        catch (DivergedException error)
        {
            throw new DivergedException(error.Tensor, string.Create(CultureInfo.InvariantCulture, $"step {StepsDone}, batches of '{task.Source}' from {position} on"));
        }
    }

    /// <summary>Writes all that the next steps depend on, whole or not at all: tensors, optimiser, steps, positions.</summary>
    /// <param name="path">The file; one that is there is replaced at the very end.</param>
    public void Save(string path) => TrainerState.Write(path, new TrainerState(StepsDone, _mix.Dealt, [.. _tasks.Select(task => task.Position)]), _parameters, _optimizer);

    /// <summary>Goes back, or on, to where <see cref="Save"/> was.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointException">The file is damaged or belongs to a run of another plan; then nothing was changed.</exception>
    public void Load(string path)
    {
        var state = TrainerState.Read(path, _parameters, _optimizer, _tasks.Count);
        (StepsDone, _mix.Dealt) = (state.Steps, state.Dealt);
        foreach (var (task, position) in _tasks.Zip(state.Positions))
        {
            task.Position = position;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _optimizer.Dispose();

    /// <summary>Only what this source moves gathers gradients.</summary>
    private List<TrainedParameter> Prepare(string source)
    {
        foreach (var parameter in _parameters)
        {
            parameter.Value.requires_grad = parameter.Group.IsMovedBy(source);
            using var gradient = parameter.Value.grad;
            gradient?.zero_();
        }

        return [.. _parameters.Where(parameter => parameter.Group.IsMovedBy(source))];
    }

    private double ShortenGradients(IReadOnlyList<TrainedParameter> moved)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        Tensor[] gradients = [.. moved.Select(parameter => parameter.Value.grad).OfType<Tensor>()];
        if (gradients.Length == 0)
        {
            return 0;
        }

        var length = (double)stack([.. gradients.Select(gradient => gradient.norm())]).norm().item<float>();
        if (!double.IsFinite(length))
        {
            throw new DivergedException($"the gradient of '{moved.First(parameter => parameter.Value.grad is { } gradient && !FiniteCheck.IsFinite(gradient)).Name}'");
        }

        if (_plan.MaxGradient is { } most && length > most)
        {
            using var factor = (most / (length + 1e-6)).ToScalar();
            foreach (var gradient in gradients)
            {
                gradient.mul_(factor);
            }
        }

        return length;
    }
}
