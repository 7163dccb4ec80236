namespace Herd.Engine.Prompts;

/// <summary>One message of a conversation.</summary>
/// <param name="Role">Who wrote it.</param>
/// <param name="Text">What was written.</param>
public sealed record ChatMessage(ChatRole Role, string Text);
