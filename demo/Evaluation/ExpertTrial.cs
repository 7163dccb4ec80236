namespace Herd.Demo.Evaluation;

/// <summary>A question asked with an expert's line and without.</summary>
/// <param name="Confidence">How sure the expert is, 0 to 1; null where it said nothing.</param>
/// <param name="IsTrue">Whether what it said is what the picture shows.</param>
/// <param name="RightWith">Whether the answer with its line is right.</param>
/// <param name="RightWithout">Whether the answer without is.</param>
public sealed record ExpertTrial(double? Confidence, bool IsTrue, bool RightWith, bool RightWithout);
