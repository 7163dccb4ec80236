using Herd.Contracts.Adapters;
using Herd.Gateway.Serving;

namespace Herd.Gateway.OpenAi;

/// <summary>A model in OpenAI's form.</summary>
internal sealed record ModelBody(string Id, long Created, string OwnedBy)
{
    /// <summary>The kind of object.</summary>
    public string Object { get; } = "model";

    /// <summary>A model of the catalogue.</summary>
    /// <param name="entry">The model.</param>
    /// <param name="tenant">Who asks, and owns all models but the base.</param>
    /// <returns>The body.</returns>
    public static ModelBody Of(CatalogEntry entry, string tenant) =>
        new(entry.Id, entry.CreatedAt.ToUnixTimeSeconds(), entry.Id == ModelReference.BaseName ? "herd" : tenant);
}

/// <summary>A list of models in OpenAI's form.</summary>
internal sealed record ModelListBody(IReadOnlyList<ModelBody> Data)
{
    /// <summary>The kind of object.</summary>
    public string Object { get; } = "list";
}
