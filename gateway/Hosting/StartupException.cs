namespace Herd.Gateway.Hosting;

/// <summary>Why the gateway cannot start, in words for the operator.</summary>
/// <param name="message">What is wrong.</param>
/// <param name="cure">What to do about it, where the message does not say so itself.</param>
internal sealed class StartupException(string message, string? cure = null) : Exception(cure is null ? message : $"{message}\n{cure}");
