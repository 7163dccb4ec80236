namespace Herd.Silo.Startup;

/// <summary>Why a program of Herd cannot start, in words for the operator.</summary>
/// <param name="message">What is wrong.</param>
/// <param name="cure">What to do about it, where the message does not say so itself.</param>
public sealed class StartupException(string message, string? cure = null) : Exception(cure is null ? message : $"{message}\n{cure}");
