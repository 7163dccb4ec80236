namespace Herd.Engine.Experts;

/// <summary>What experts are asked about.</summary>
/// <param name="Picture">The picture in force; null for none.</param>
/// <param name="Text">What the user says; null for nothing.</param>
public sealed record ExpertQuestion(ExpertPicture? Picture, string? Text);
