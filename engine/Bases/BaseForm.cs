namespace Herd.Engine.Bases;

/// <summary>How a folder holds a base.</summary>
public enum BaseForm
{
    /// <summary><c>params.json</c> and <c>consolidated.00.pth</c>, as Meta released LLaMA.</summary>
    Meta,

    /// <summary><c>config.json</c> and <c>model.safetensors</c>, as Hugging Face stores it.</summary>
    HuggingFace,
}
