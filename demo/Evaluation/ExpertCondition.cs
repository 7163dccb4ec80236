namespace Herd.Demo.Evaluation;

/// <summary>What the captioning expert says in a test.</summary>
public enum ExpertCondition
{
    /// <summary>Nothing.</summary>
    Missing,

    /// <summary>The truth.</summary>
    Right,

    /// <summary>What another picture shows.</summary>
    Wrong,
}
