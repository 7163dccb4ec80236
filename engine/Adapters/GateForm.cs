namespace Herd.Engine.Adapters;

/// <summary>What turns a stored gate into the factor of the prompts' attention.</summary>
public enum GateForm
{
    /// <summary>The hyperbolic tangent of the gate.</summary>
    Tanh,

    /// <summary>The gate itself, as the V1 inference program takes it.</summary>
    Raw,
}
